/*
 * Keeps the thread that answers requests on the processor of whoever asks. One who asks sleeps until it is answered, so both
 * need one processor only; on two, each is woken with an interrupt from processor to processor, and on a busy host the
 * processor that was idle has to wait for its turn there.
 *
 * Being there is not enough: the scheduler would see a busy processor when the answer wakes the one who asked, and take it
 * elsewhere. So the thread is SCHED_IDLE meanwhile: a processor that runs nothing else counts as idle, and one that is
 * woken there runs at once (select_idle_sibling and check_preempt_wakeup in kernel/sched/fair.c).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

enum { LOOK_AGAIN = 32, PROCESSOR_FIELD = 39, NOBODY = -1 };

static unsigned last, run;
static pid_t follower;
static int followed = NOBODY;

/* proc(5), /proc/PID/stat: the name in brackets may hold anything, so the fields are counted from its end (the second). */
static int processor_of(unsigned thread) {
  char path[32], text[1024];
  snprintf(path, sizeof path, "/proc/%u/stat", thread);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (file >= 0) close(file);
  if (size <= 0) return NOBODY;
  text[size] = 0;
  char *at = strrchr(text, ')');
  for (int field = 2; at && field < PROCESSOR_FIELD; field++) at = strchr(at + 1, ' ');
  return at ? atoi(at) : NOBODY;
}

static void stay_on(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int each = 0; each < CPU_SETSIZE; each++)
    if (processor == NOBODY || each == processor) CPU_SET(each, &set);
  sched_setaffinity(follower, sizeof set, &set);
  int policy = processor == NOBODY ? SCHED_OTHER : SCHED_IDLE;
  syscall(SYS_sched_setscheduler, follower, policy, &(struct sched_param){0}); /* musl has none */
  followed = processor;
}

void follow(unsigned thread) {
  if (thread == 0) return;
  follower = gettid();
  if (thread != last) {
    last = thread;
    run = 0;
  }
  if (run++ % LOOK_AGAIN != 1) return;
  int processor = processor_of(thread);
  if (processor != NOBODY && processor != followed) stay_on(processor);
}

void follow_nobody(void) {
  if (followed != NOBODY) stay_on(NOBODY);
  run = 0;
}
