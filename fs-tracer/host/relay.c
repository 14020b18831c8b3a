/*
 * Copies FUSE messages between /dev/fuse and a stream, one thread each way. Messages are self-framed by their first u32
 * (include/uapi/linux/fuse.h); nothing else is looked at.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "trace.h"

enum { REQUEST_MAX = 128 << 10, REPLY_MAX = (1 << 20) + (64 << 10), REPLIES = 2 * REPLY_MAX };

static int device = -1, stream = -1, wake = -1;
static pthread_t taking;

static bool write_all(const char *next, size_t size) {
  while (size > 0) {
    ssize_t written = write(stream, next, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      poll(&(struct pollfd){.fd = stream, .events = POLLOUT}, 1, -1);
      continue;
    }
    if (written < 0) return false;
    next += written;
    size -= written;
  }
  return true;
}

static void *requests(void *message) {
  for (;;) {
    ssize_t size = read(device, message, REQUEST_MAX);
    if (size > 0 && !write_all(message, size)) return NULL;
    if (size > 0) continue;
    if (size < 0 && errno == ENODEV) return NULL;
    struct pollfd ready[2] = {{.fd = device, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
    poll(ready, 2, -1);
    if (ready[1].revents) return NULL;
  }
}

/* The length of the first message in the buffer, 0 where it is not all there. */
static uint32_t whole_message(const char *buffer, size_t filled) {
  uint32_t length;
  if (filled < sizeof length) return 0;
  memcpy(&length, buffer, sizeof length);
  if (length < sizeof(struct fuse_out_header) || length > REPLY_MAX) _exit(125); /* the stream is lost: never guess */
  return length <= filled ? length : 0;
}

static void *replies(void *memory) {
  char *buffer = memory;
  for (size_t filled = 0;;) {
    ssize_t got = read(stream, buffer + filled, REPLIES - filled);
    if (got == 0 || (got < 0 && errno != EINTR)) return NULL;
    if (got > 0) filled += got;
    size_t done = 0;
    for (uint32_t length; (length = whole_message(buffer + done, filled - done)) > 0; done += length) {
      /* Fails where the request was interrupted or everything is unmounted: nobody waits for the answer. */
      if (write(device, buffer + done, length) < 0) continue;
    }
    memmove(buffer, buffer + done, filled - done);
    filled -= done;
  }
}

int relay_start(int fuse_device, int duplex) {
  device = fuse_device;
  stream = duplex;
  wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  char *request = malloc(REQUEST_MAX), *reply = malloc(REPLIES);
  if (wake < 0 || !request || !reply) return ENOMEM;
  pthread_t answering;
  int error = pthread_create(&taking, NULL, requests, request);
  return error ? error : pthread_create(&answering, NULL, replies, reply);
}

/* Whoever waits for an answer gets an error instead. The device is released only when no thread waits on it. */
void relay_abort(void) {
  uint64_t one = 1;
  if (write(wake, &one, sizeof one) < 0) return;
  pthread_join(taking, NULL);
  close(device);
}
