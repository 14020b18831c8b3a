/*
 * The thread of ours inside of a QEMU that saves its memory (save.c): it waits for requests at a socket, and otherwise does
 * nothing.
 *
 *     request  u32 bytes that follow; u32 deltas; names, each ended by a 0 byte: the file to be made, the base, the deltas
 *     answer   u32 status: 0, an errno, or EINVAL where nothing was done and it must be done from outside;
 *              u32 pages that were written since the mapping was made; u32 pages stored; u32 0
 */
#include "memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_REQUEST (1u << 20)

/* Where a process may have no thread of ours, it is saved from outside. */
extern int pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) __attribute__((weak));
extern int pthread_sigmask(int, const sigset_t *, sigset_t *) __attribute__((weak));

static struct memory guest;
static int requests;

static int read_all(void *into, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t got = read(requests, (char *)into + done, size - done);
    if (got <= 0 && !(got < 0 && errno == EINTR)) return 0;
    if (got > 0) done += got;
  }
  return 1;
}

/* The host counts the names, so whoever else might write here could at most save to another file of the same user. */
static int serve(void) {
  uint32_t head[2];
  if (!read_all(head, sizeof head) || head[0] <= sizeof *head || head[0] > MAX_REQUEST) return 0;
  const size_t size = head[0] - sizeof *head;
  char *names = map_zeros(size + PAGE);
  if (!names || !read_all(names, size)) return 0;
  struct saved saved = {0, 0};
  const uint32_t status = save_memory(&guest, names, names + strlen(names) + 1, head[1], &saved);
  const uint32_t answer[4] = {status, saved.dirty, saved.stored};
  munmap(names, size + PAGE);
  return write(requests, answer, sizeof answer) == sizeof answer;
}

static void *serve_all(void *unused) {
  while (serve()) continue;
  close(requests);
  return unused;
}

int serve_saves(const struct memory *memory, int descriptor) {
  if (!pthread_create || !pthread_sigmask) return 0;
  guest = *memory;
  requests = descriptor;
  /* QEMU's signals are for QEMU's threads. */
  sigset_t all, former;
  memset(&all, -1, sizeof all);
  pthread_t thread;
  if (pthread_sigmask(SIG_SETMASK, &all, &former)) return 0;
  int failed = pthread_create(&thread, NULL, serve_all, NULL);
  pthread_sigmask(SIG_SETMASK, &former, NULL);
  return !failed;
}
