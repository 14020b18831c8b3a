/*
 * layer-guest as a service: opens the control port and serves it for ever.
 * layer-guest as process 1 (the accelerator probe's whole initramfs): says so on the console and ends the machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

void control_serve(int port);

static void probe(void) {
  mkdir("/dev", 0755);
  mount("devtmpfs", "/dev", "devtmpfs", 0, "");
  int console = open("/dev/console", O_WRONLY);
  if (console >= 0) (void)!write(console, "layer-probe: alive\n", 19);
  sync();
  reboot(RB_AUTOBOOT); /* reboot=t makes this a triple fault, which ends QEMU under -no-reboot */
}

int main(void) {
  if (getpid() == 1) {
    probe();
    return 1;
  }
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGIO);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  int port = port_open("layer.control");
  if (port < 0) {
    fprintf(stderr, "layer-guest: no layer.control port: %s\n", strerror(errno));
    return 1;
  }
  if (port_write(port, "hello 1\n", 8) == 0) control_serve(port);
  return 1;
}
