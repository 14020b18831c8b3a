/* virtio-serial ports: finding them by name, and reading them without spinning while nobody is at the other end. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

enum { PORT_PAUSE_MS = 20, PORT_LIMIT_MS = 120000 };

static bool is_port(const char *device, const char *name) {
  char path[300], found[128] = "";
  snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", device);
  FILE *file = fopen(path, "re");
  if (!file) return false;
  bool same = fgets(found, sizeof found, file) != NULL;
  fclose(file);
  found[strcspn(found, "\n")] = 0;
  return same && strcmp(found, name) == 0;
}

static int open_once(const char *name) {
  DIR *folder = opendir("/sys/class/virtio-ports");
  if (!folder) return -1;
  int port = -1;
  errno = ENODEV;
  for (struct dirent *entry; port < 0 && (entry = readdir(folder));) {
    if (entry->d_name[0] == '.' || !is_port(entry->d_name, name)) continue;
    char path[300];
    snprintf(path, sizeof path, "/dev/%s", entry->d_name);
    port = open(path, O_RDWR | O_CLOEXEC);
  }
  int error = errno;
  closedir(folder);
  errno = error;
  return port;
}

/*
 * The host announces each port, and then its name, in messages of their own (virtio specification, "Device Initialization"
 * of the console device): on a busy host we may be here before they are.
 */
int port_open(const char *name) {
  int port;
  for (int waited_ms = 0; (port = open_once(name)) < 0; waited_ms += PORT_PAUSE_MS) {
    if ((errno != ENODEV && errno != ENOENT) || waited_ms >= PORT_LIMIT_MS) return -1;
    poll(NULL, 0, PORT_PAUSE_MS);
  }
  return port;
}

/*
 * The driver (drivers/char/virtio_console.c) answers reads with 0 and polls with POLLHUP while the host is away, and
 * sends SIGIO when it comes back. SIGIO is blocked in every thread (main.c), so it stays pending and is never missed.
 */
static void wait_for_host(int port) {
  fcntl(port, F_SETOWN, getpid());
  fcntl(port, F_SETFL, fcntl(port, F_GETFL) | O_ASYNC);
  struct pollfd state = {.fd = port, .events = POLLIN};
  if (poll(&state, 1, 0) == 1 && !(state.revents & POLLHUP)) return;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGIO);
  /* Another port's thread may have taken a signal that was ours as well: look again from time to time. */
  sigtimedwait(&set, NULL, &(struct timespec){.tv_sec = 1});
}

void port_wait(int port) {
  for (;;) {
    struct pollfd state = {.fd = port, .events = POLLIN};
    if (poll(&state, 1, -1) < 0) continue;
    if (state.revents & POLLIN) return;
    wait_for_host(port);
  }
}

long port_read(int port, void *buffer, size_t size) {
  for (;;) {
    ssize_t count = read(port, buffer, size);
    if (count > 0) return count;
    if (count == 0) {
      wait_for_host(port);
    } else if (errno == EAGAIN) {
      struct pollfd state = {.fd = port, .events = POLLIN};
      poll(&state, 1, -1);
    } else if (errno != EINTR) {
      return -1;
    }
  }
}

int port_write(int port, const void *buffer, size_t size) {
  const char *next = buffer;
  while (size > 0) {
    ssize_t count = write(port, next, size);
    if (count > 0) {
      next += count;
      size -= count;
    } else if (count < 0 && errno == EAGAIN) {
      struct pollfd state = {.fd = port, .events = POLLOUT};
      poll(&state, 1, -1);
    } else if (count < 0 && errno != EINTR) {
      return -1;
    }
  }
  return 0;
}
