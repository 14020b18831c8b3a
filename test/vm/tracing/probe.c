/*
 * Ways to look at a file that shells and coreutils do not take, as one static binary: `probe HOW PATH`. What it sees goes
 * to stdout. It lies in the traced workspace itself, so running it also shows that static binaries are traced.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/stat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fail(const char *what) {
  printf("%s: %s\n", what, strerror(errno));
  return 1;
}

static int by_mmap(int file, size_t size) {
  char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) return fail("mmap");
  return write(1, bytes, size) == (ssize_t)size ? 0 : fail("write");
}

static int by_sendfile(int file, size_t size) {
  return sendfile(1, file, NULL, size) == (ssize_t)size ? 0 : fail("sendfile");
}

/* One IORING_OP_READ, without liburing (man 7 io_uring). */
static int by_io_uring(int file, size_t size) {
  struct io_uring_params params = {0};
  int ring = syscall(SYS_io_uring_setup, 1, &params);
  if (ring < 0) return fail("io_uring_setup");
  size_t length = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  size_t submissions = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
  if (submissions > length) length = submissions;
  char *rings = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
  struct io_uring_sqe *entry = mmap(NULL, sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
  char *bytes = malloc(size);
  if (rings == MAP_FAILED || entry == MAP_FAILED || !bytes) return fail("mmap of the ring");
  *entry = (struct io_uring_sqe){.opcode = IORING_OP_READ, .fd = file, .addr = (uintptr_t)bytes, .len = size};
  *(uint32_t *)(rings + params.sq_off.array) = 0;
  __atomic_store_n((uint32_t *)(rings + params.sq_off.tail), 1, __ATOMIC_RELEASE);
  if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1) return fail("io_uring_enter");
  int read = ((struct io_uring_cqe *)(rings + params.cq_off.cqes))->res;
  return read == (int)size && write(1, bytes, size) == read ? 0 : fail("IORING_OP_READ");
}

static int names(const char *path) {
  char buffer[65536];
  int folder = open(path, O_RDONLY | O_DIRECTORY);
  if (folder < 0) return fail("open");
  for (long got; (got = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0;)
    for (long at = 0; at < got; at += ((struct dirent *)(buffer + at))->d_reclen) {
      struct dirent *entry = (struct dirent *)(buffer + at);
      if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) printf("%d %s\n", entry->d_type, entry->d_name);
    }
  return 0;
}

/* `flags`: AT_STATX_DONT_SYNC asks the kernel for what it happens to know. */
static int by_statx(const char *path, int flags) {
  struct statx seen;
  if (syscall(SYS_statx, AT_FDCWD, path, flags, STATX_BASIC_STATS, &seen)) return fail("statx");
  printf("size %llu links %u\n", (unsigned long long)seen.stx_size, seen.stx_nlink);
  return 0;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  const char *how = words[1], *path = words[2];
  if (!strcmp(how, "names")) return names(path);
  if (!strcmp(how, "statx")) return by_statx(path, 0);
  if (!strcmp(how, "statx-cached")) return by_statx(path, AT_STATX_DONT_SYNC);
  if (!strcmp(how, "access-x")) return faccessat(AT_FDCWD, path, X_OK, 0) ? fail("access") : 0;
  int file = open(path, strcmp(how, "o-path") ? O_RDONLY : O_PATH);
  if (file < 0) return fail("open");
  if (!strcmp(how, "o-path")) return 0;
  struct stat known;
  if (fstat(file, &known)) return fail("fstat");
  if (!strcmp(how, "mmap")) return by_mmap(file, known.st_size);
  if (!strcmp(how, "sendfile")) return by_sendfile(file, known.st_size);
  if (!strcmp(how, "io_uring")) return by_io_uring(file, known.st_size);
  return 2;
}
