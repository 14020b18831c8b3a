/*
 * layer-trace PARENT MODE FOLDER ROOT DIRECTORY COMMAND [ARGUMENT...]: runs COMMAND in DIRECTORY so that it sees the folder
 * ROOT through a FUSE file system, at its usual path, with an overlay on top that takes what it writes. In a mount namespace
 * of its own, with MODE `user` also in a user namespace; `root` needs CAP_SYS_ADMIN. FOLDER is an empty folder.
 *
 * Whoever started it (the process PARENT) serves the file system on descriptor 3, in raw FUSE messages, and talks on 4:
 *   to us     a byte: the number of a signal that PARENT got, to be passed on. The end of the stream: PARENT is gone.
 *   from us   one line: `failed STAGE ERRNO` (the file system cannot be had), `refused ERRNO` (COMMAND cannot be executed), or
 *             `ended exit|signal NUMBER MILLISECONDS LEFT WRITTEN REMOVED`: how COMMAND ended, how many processes it had left
 *             behind, and what it wrote and removed below ROOT. By then everything is gone but this process, which ends
 *             when PARENT has closed its end: until then, the other stream stays sound.
 *
 * Only the child that becomes COMMAND ever touches the file system: a thread of this process that waited for an answer which
 * nobody gives could not be killed while the process holds the device.
 */
#define _GNU_SOURCE
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FUSE_STREAM = 3, CONTROL = 4 };
enum stage { NAMESPACE, VIEW, OVERLAY, DIRECTORY, COMMAND };
static const char *const stage_names[] = {"namespace", "view", "overlay", "directory", "command"};

struct failure {
  enum stage stage;
  int error;
};

static sigset_t inherited_mask;
static int device = -1;

static _Noreturn void fail(struct failure failure) {
  if (failure.stage == COMMAND) dprintf(CONTROL, "refused %d\n", failure.error);
  else dprintf(CONTROL, "failed %s %d\n", stage_names[failure.stage], failure.error);
  remove_dropped();
  exit(125);
}

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* In the child: gives the stage that failed, or executes. */
static struct failure become_command(const char *root, const char *directory, char **command, bool as_user) {
  int error;
  close(device);
  if ((error = lay_over(root, as_user))) return (struct failure){OVERLAY, error};
  if (chdir(directory)) return (struct failure){DIRECTORY, errno};
  sigprocmask(SIG_SETMASK, &inherited_mask, NULL);
  execvp(command[0], command);
  return (struct failure){COMMAND, errno};
}

/* Returns when the command was executed. */
static pid_t start_command(const char *root, const char *directory, char **command, bool as_user) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) fail((struct failure){NAMESPACE, errno});
  pid_t child = fork();
  if (child < 0) fail((struct failure){NAMESPACE, errno});
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct failure failure = become_command(root, directory, command, as_user);
    if (write(ends[1], &failure, sizeof failure) < 0) _exit(125);
    _exit(126);
  }
  close(ends[1]);
  struct failure failure;
  if (read(ends[0], &failure, sizeof failure) == sizeof failure) {
    waitpid(child, NULL, 0);
    fail(failure);
  }
  close(ends[0]);
  return child;
}

/*
 * A signal that PARENT got goes on to the command, unless all of us got it: Ctrl-C reaches the whole process group. Ours are
 * blocked, so one that reached us is pending.
 */
static void pass_on(pid_t command, int number) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  if (sigtimedwait(&one, NULL, &(struct timespec){0}) == number) return;
  kill(command, number);
}

/* Reaps what has ended, orphans of the command included; true where it was the command. */
static bool reap(pid_t command, int *status) {
  bool ended = false;
  int other;
  for (pid_t pid; (pid = waitpid(-1, &other, WNOHANG)) > 0;) {
    if (pid != command) continue;
    *status = other;
    ended = true;
  }
  return ended;
}

static _Noreturn void abandon(const char *folder) {
  relay_abort();
  end_descendants();
  remove_dropped();
  rmdir(folder);
  exit(125);
}

/* The command's status, once it has ended. Does not return where PARENT is gone. */
static int watch(pid_t command, const char *folder) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  int changes = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK), status = 0;
  while (!reap(command, &status)) {
    struct pollfd ready[2] = {{.fd = changes, .events = POLLIN}, {.fd = CONTROL, .events = POLLIN}};
    if (poll(ready, 2, -1) < 0) continue;
    struct signalfd_siginfo ignored;
    while (read(changes, &ignored, sizeof ignored) > 0) continue;
    if (!ready[1].revents) continue;
    uint8_t number;
    ssize_t got = read(CONTROL, &number, 1);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) abandon(folder);
    if (got == 1) pass_on(command, number);
  }
  return status;
}

static void hold_signals(void) {
  static const int held[] = {SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM};
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof held / sizeof *held; i++) sigaddset(&set, held[i]);
  sigprocmask(SIG_BLOCK, &set, &inherited_mask);
}

int main(int count, char **arguments) {
  if (count < 7) {
    fprintf(stderr, "usage: layer-trace PARENT MODE FOLDER ROOT DIRECTORY COMMAND [ARGUMENT...]\n");
    return 2;
  }
  const char *folder = arguments[3], *root = arguments[4];
  bool as_user = !strcmp(arguments[2], "user");
  /* Until the command runs, nothing needs to be ended in order. From then on, the end of CONTROL tells. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != atoi(arguments[1])) return 125;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  hold_signals();
  for (int descriptor = FUSE_STREAM; descriptor <= CONTROL; descriptor++) fcntl(descriptor, F_SETFD, FD_CLOEXEC);

  int error = chdir(folder) ? errno : enter_namespaces(as_user);
  if (error) fail((struct failure){NAMESPACE, error});
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* new credentials may have cleared it */
  if ((error = mount_view(&device))) fail((struct failure){VIEW, error});
  if ((error = relay_start(device, FUSE_STREAM))) fail((struct failure){NAMESPACE, error});
  double started = now_ms();
  pid_t command = start_command(root, arguments[5], arguments + 6, as_user);
  prctl(PR_SET_PDEATHSIG, 0);
  int status = watch(command, folder);
  double took = now_ms() - started;
  long left = end_descendants();
  struct dropped dropped = count_dropped();
  remove_dropped();
  dprintf(CONTROL, "ended %s %d %.3f %ld %ld %ld\n", WIFSIGNALED(status) ? "signal" : "exit",
          WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), took, left, dropped.written, dropped.removed);
  for (char ignored; read(CONTROL, &ignored, 1) > 0;) continue;
  return 0;
}
