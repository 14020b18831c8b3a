/*
 * layer-launch PARENT COMMAND [ARGUMENT...]: runs COMMAND so that it dies with the process PARENT, however that ends.
 * The kernel's parent-death signal does it. util-linux's setpriv --pdeathsig does the same but for one moment: a parent
 * that died between fork and prctl is never noticed. Here it is compared afterwards.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: layer-launch PARENT COMMAND [ARGUMENT...]\n");
    return 2;
  }
  if (prctl(PR_SET_PDEATHSIG, SIGKILL)) return 126;
  if (getppid() != atoi(arguments[1])) return 125;
  /* Ctrl-C at a terminal reaches the whole group: the parent decides how its machines end. */
  setpgid(0, 0);
  execvp(arguments[2], arguments + 2);
  fprintf(stderr, "layer-launch: %s: %s\n", arguments[2], strerror(errno));
  return 127;
}
