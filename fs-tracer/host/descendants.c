/* What the command leaves behind. This process is their subreaper (prctl(2)): orphans become its children. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trace.h"

enum { GRACE_MS = 1000, PAUSE_MS = 50 };

/* Field 4 of /proc/PID/stat; the name before it may hold anything, parentheses too. */
static pid_t parent_of(const char *pid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
  FILE *file = fopen(path, "re");
  if (!file) return -1;
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  int parent = -1;
  const char *end = strrchr(text, ')');
  return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : -1;
}

static void signal_children(int number) {
  DIR *processes = opendir("/proc");
  if (!processes) return;
  for (struct dirent *entry; (entry = readdir(processes));) {
    if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == getpid())
      kill(atoi(entry->d_name), number);
  }
  closedir(processes);
}

/* Reaps what has ended; false where no child is left. */
static bool reap_ended(long *count) {
  for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) != 0; ++*count) {
    if (pid < 0) return errno != ECHILD;
  }
  return true;
}

static void wait_for_change(void) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD); /* blocked: see main.c */
  sigtimedwait(&children, NULL, &(struct timespec){.tv_nsec = PAUSE_MS * 1000000});
}

static long now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Asks, and kills what has not ended a second later. The children of what ends become ours in turn. Gives their number. */
long end_descendants(void) {
  long dead = 0, ended = 0, started = now_ms();
  if (!reap_ended(&dead)) return 0;
  do {
    signal_children(now_ms() - started < GRACE_MS ? SIGTERM : SIGKILL);
    wait_for_change();
  } while (reap_ended(&ended));
  return ended;
}
