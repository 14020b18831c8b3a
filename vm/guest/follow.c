/*
 * Keeps the threads that answer requests on the processor of whoever asks. One who asks sleeps until it is answered, so both
 * need one processor only; on two, each is woken with an interrupt from processor to processor, and goes idle in between, which
 * costs a virtual machine several times what the answer does.
 *
 * Being there is not enough: the scheduler would see a busy processor when the answer wakes the one who asked, and take it
 * elsewhere. So the threads are SCHED_IDLE meanwhile: a processor that runs nothing else counts as idle, and one that is
 * woken there runs at once (select_idle_sibling and check_preempt_wakeup in kernel/sched/fair.c).
 *
 * Such threads get hardly anything of a processor that others want, too: some 20 ms pass until a request is answered. So
 * only one is followed that asks often and alone, and no longer when that is slow while something else wants to run; then it
 * takes longer each time until one is followed again.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { THREADS = 2, FIRST_RUN = 8, LONGEST_RUN = 4096, LOOK_AGAIN = 32, CHANGES_TO_LEAVE = 16 };
/* Between two requests; with as many of the last eight that are slow, it is looked why. The clock goes in steps of 4 ms. */
enum { SLOW_MS = 8, SLOW_TO_LOOK = 4, LOOKS_TO_LEAVE = 3, LONG_MS = 500 };
enum { PROCESSOR_FIELD = 39, NOBODY = -1 };

static pid_t threads[THREADS];
static atomic_int thread_count;

static unsigned last, run, changes, run_to_follow = FIRST_RUN;
static uint8_t slow; /* a bit for each of the last requests */
static unsigned contended; /* looks in turn that found others who want to run */
static long long last_ms;
static int followed = NOBODY;

void follow_with_this_thread(void) {
  int place = thread_count++;
  if (place < THREADS) threads[place] = gettid();
}

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
  int policy = processor == NOBODY ? SCHED_OTHER : SCHED_IDLE;
  for (int each = 0; each < THREADS && threads[each]; each++) {
    sched_setaffinity(threads[each], sizeof set, &set);
    syscall(SYS_sched_setscheduler, threads[each], policy, &(struct sched_param){0}); /* musl has none */
  }
  followed = processor;
  slow = contended = 0;
}

void follow_nobody(void) {
  if (followed != NOBODY) stay_on(NOBODY);
  run = changes = 0;
}

/* proc(5), /proc/loadavg: the fourth field counts what runs or wants to, this thread included. */
static bool others_want_to_run(void) {
  char text[128];
  int file = open("/proc/loadavg", O_RDONLY | O_CLOEXEC), running = 0;
  ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (file >= 0) close(file);
  if (size <= 0) return true;
  text[size] = 0;
  return sscanf(text, "%*s %*s %*s %d/", &running) != 1 || running > 1;
}

static void notice_pace(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  long long now_ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000, gap_ms = now_ms - last_ms;
  last_ms = now_ms;
  if (gap_ms >= LONG_MS) return; /* nobody had anything to ask */
  slow = slow << 1 | (gap_ms >= SLOW_MS);
  if (followed == NOBODY || __builtin_popcount(slow) < SLOW_TO_LOOK) return;
  slow = 0;
  if (!others_want_to_run()) { /* the host is busy, or whoever asks */
    contended = 0;
    if (run_to_follow > FIRST_RUN) run_to_follow /= 2;
  } else if (++contended >= LOOKS_TO_LEAVE) {
    if (run_to_follow < LONGEST_RUN) run_to_follow *= 2;
    follow_nobody();
  }
}

void follow(unsigned thread) {
  if (thread == 0) return;
  notice_pace();
  if (thread != last) {
    changes = run >= FIRST_RUN ? 0 : changes + 1;
    if (changes >= CHANGES_TO_LEAVE) follow_nobody();
    last = thread;
    run = 0;
  }
  run++;
  if (run == LONGEST_RUN) run_to_follow = FIRST_RUN;
  if (followed == NOBODY ? run < run_to_follow : run % LOOK_AGAIN != FIRST_RUN) return;
  int processor = processor_of(thread);
  if (processor != NOBODY && processor != followed) stay_on(processor);
}
