/*
 * What makes two restores of one snapshot different machines (ARCHITECTURE.md, "After every restore"): fresh entropy,
 * the right time, and the image's own hooks. Fails closed: the host runs nothing if any of it fails.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define HOOKS "/etc/layer/restore.d"

void become_ordinary(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
}

int run_program(char *const arguments[]) {
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child == 0) {
    become_ordinary();
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    execv(arguments[0], arguments);
    _exit(127);
  }
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int credit_entropy(const unsigned char *entropy, size_t size) {
  char room[sizeof(struct rand_pool_info) + 256];
  struct rand_pool_info *pool = (struct rand_pool_info *)room;
  if (size > 256) return -EINVAL;
  pool->entropy_count = size * 8;
  pool->buf_size = size;
  memcpy(pool->buf, entropy, size);
  int device = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
  if (device < 0) return -errno;
  int failed = ioctl(device, RNDADDENTROPY, pool) || ioctl(device, RNDRESEEDCRNG);
  int error = errno;
  close(device);
  return failed ? -error : 0;
}

int clock_step(long long unix_ns) {
  struct timespec now = {.tv_sec = unix_ns / 1000000000, .tv_nsec = unix_ns % 1000000000};
  return clock_settime(CLOCK_REALTIME, &now) ? -errno : 0;
}

static int is_hook(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static int run_hooks(void) {
  struct dirent **hooks;
  int found = scandir(HOOKS, &hooks, is_hook, alphasort), failed = 0;
  if (found < 0) return errno == ENOENT ? 0 : -errno;
  for (int i = 0; i < found; i++) {
    char path[sizeof HOOKS + 260];
    snprintf(path, sizeof path, HOOKS "/%s", hooks[i]->d_name);
    char *arguments[] = {path, NULL};
    if (!failed && access(path, X_OK) == 0) failed = run_program(arguments);
    free(hooks[i]);
  }
  free(hooks);
  return failed > 0 ? -ECANCELED : failed;
}

int restore_after(long long unix_ns, const unsigned char *entropy, size_t entropy_size, const char **stage) {
  int error;
  *stage = "entropy";
  if ((error = credit_entropy(entropy, entropy_size))) return error;
  *stage = "clock";
  if ((error = clock_step(unix_ns))) return error;
  *stage = HOOKS;
  return run_hooks();
}
