/*
 * Preloaded into a program under test (LD_PRELOAD): counts what it does to files below one folder, and at the N-th such call
 * makes it fail or ends the process. So every write is hit, SQLite's and git's as well as ours, with nothing in the code.
 *
 *   FAULT_FOLDER   absolute; only files below it count
 *   FAULT_CALLS    which calls count: w write, s sync, r rename and link, c create, d remove, t truncate
 *   FAULT_AT       the number of the call that is hit, from 1; 0: none, all are only counted
 *   FAULT_HOW      an errno: the call does nothing and fails, or (negative) it and all later ones do; `short`: it writes half;
 *                  `kill`: SIGKILL before it; `torn`: SIGKILL after half of a write; `killed`: SIGKILL after it
 *   FAULT_COUNT    a file of 7 numbers of 8 bytes, of all processes together (it is mapped, so a kill loses none): the calls so far of
 *                  those kinds, then the calls of each kind, in the order above
 *   FAULT_PROGRAM  counts in programs of this name only
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define KINDS "wsrcdt"
#define NUMBERS (sizeof KINDS)

static uint64_t *count;
static uint64_t at;
static const char *folder, *calls, *how;
static size_t folder_length;

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("FAULT_COUNT"), *program = getenv("FAULT_PROGRAM"), *number = getenv("FAULT_AT");
  folder = getenv("FAULT_FOLDER");
  calls = getenv("FAULT_CALLS");
  how = getenv("FAULT_HOW");
  if (!file || !folder || !calls || !number || !how) return;
  if (program && strcmp(program, program_invocation_short_name)) return;
  folder_length = strlen(folder);
  at = strtoull(number, NULL, 10);
  int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *mapped = mmap(NULL, NUMBERS * sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped != MAP_FAILED) count = mapped;
}

static int is_below(const char *path) {
  return !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length]);
}

/* A path as the call gives it: `directory` counts where it is relative. */
static int path_counts(int directory, const char *path) {
  if (!path) return 0;
  if (path[0] == '/') return is_below(path);
  char link[64], real[PATH_MAX];
  if (directory == AT_FDCWD) strcpy(link, "/proc/self/cwd");
  else snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
  ssize_t length = readlink(link, real, sizeof real - 1);
  if (length < 0) return 0;
  real[length] = 0;
  return is_below(real);
}

static int fd_counts(int fd) {
  int saved = errno;
  int counts = fd >= 0 && path_counts(fd, "");
  errno = saved;
  return counts;
}

enum verdict { GO_ON, FAIL, HALF, TORN, DIE_AFTER };

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static enum verdict next_call(char letter, int counts) {
  if (!count || !counts) return GO_ON;
  __atomic_add_fetch(count + 1 + (strchr(KINDS, letter) - KINDS), 1, __ATOMIC_SEQ_CST);
  if (!strchr(calls, letter)) return GO_ON;
  uint64_t number = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
  if (!at || number < at) return GO_ON;
  int error = atoi(how);
  if (error && (number == at || error < 0)) {
    errno = abs(error);
    return FAIL;
  }
  if (number != at) return GO_ON;
  if (!strcmp(how, "kill")) die();
  if (!strcmp(how, "short")) return HALF;
  if (!strcmp(how, "torn")) return TORN;
  if (!strcmp(how, "killed")) return DIE_AFTER;
  return GO_ON;
}

/* Calls that all or nothing of happens. */
#define WHOLE(letter, counts, call) \
  enum verdict verdict = next_call(letter, counts); \
  if (verdict == FAIL) return -1; \
  int result = (call); \
  if (verdict == DIE_AFTER) die(); \
  return result

#define PARTS(letter, counts, length, call_with) \
  enum verdict verdict = next_call(letter, counts); \
  if (verdict == FAIL) return -1; \
  size_t bytes = (verdict == HALF || verdict == TORN) && (length) > 1 ? (length) / 2 : (length); \
  ssize_t result = (call_with(bytes)); \
  if (verdict == TORN || verdict == DIE_AFTER) die(); \
  return result

ssize_t write(int fd, const void *from, size_t length) {
  REAL(write);
#define CALL(n) real(fd, from, n)
  PARTS('w', fd_counts(fd), length, CALL);
#undef CALL
}

ssize_t pwrite(int fd, const void *from, size_t length, off_t offset) {
  REAL(pwrite);
#define CALL(n) real(fd, from, n, offset)
  PARTS('w', fd_counts(fd), length, CALL);
#undef CALL
}

ssize_t pwrite64(int fd, const void *from, size_t length, off64_t offset) {
  REAL(pwrite64);
#define CALL(n) real(fd, from, n, offset)
  PARTS('w', fd_counts(fd), length, CALL);
#undef CALL
}

/* Half of several pieces: half of the first. */
static ssize_t half_of(int fd, const struct iovec *pieces, off64_t offset) {
  size_t length = pieces[0].iov_len > 1 ? pieces[0].iov_len / 2 : pieces[0].iov_len;
  static __typeof__(&write) plain;
  static __typeof__(&pwrite64) placed;
  if (!plain) plain = (__typeof__(&write))dlsym(RTLD_NEXT, "write");
  if (!placed) placed = (__typeof__(&pwrite64))dlsym(RTLD_NEXT, "pwrite64");
  return offset < 0 ? plain(fd, pieces[0].iov_base, length) : placed(fd, pieces[0].iov_base, length, offset);
}

#define PIECES(offset, whole) \
  enum verdict verdict = next_call('w', fd_counts(fd)); \
  if (verdict == FAIL) return -1; \
  ssize_t result = verdict == HALF || verdict == TORN ? half_of(fd, pieces, offset) : (whole); \
  if (verdict == TORN || verdict == DIE_AFTER) die(); \
  return result

ssize_t writev(int fd, const struct iovec *pieces, int number) {
  REAL(writev);
  PIECES(-1, real(fd, pieces, number));
}

ssize_t pwritev(int fd, const struct iovec *pieces, int number, off_t offset) {
  REAL(pwritev);
  PIECES(offset, real(fd, pieces, number, offset));
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int number, off64_t offset) {
  REAL(pwritev64);
  PIECES(offset, real(fd, pieces, number, offset));
}

int fsync(int fd) {
  REAL(fsync);
  WHOLE('s', fd_counts(fd), real(fd));
}

int fdatasync(int fd) {
  REAL(fdatasync);
  WHOLE('s', fd_counts(fd), real(fd));
}

int syncfs(int fd) {
  REAL(syncfs);
  WHOLE('s', fd_counts(fd), real(fd));
}

int rename(const char *from, const char *to) {
  REAL(rename);
  WHOLE('r', path_counts(AT_FDCWD, to) || path_counts(AT_FDCWD, from), real(from, to));
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
  REAL(renameat2);
  WHOLE('r', path_counts(to_folder, to), real(from_folder, from, to_folder, to, flags));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  REAL(renameat);
  WHOLE('r', path_counts(to_folder, to), real(from_folder, from, to_folder, to));
}

int link(const char *from, const char *to) {
  REAL(link);
  WHOLE('r', path_counts(AT_FDCWD, to), real(from, to));
}

int symlink(const char *target, const char *path) {
  REAL(symlink);
  WHOLE('c', path_counts(AT_FDCWD, path), real(target, path));
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  WHOLE('c', path_counts(AT_FDCWD, path), real(path, mode));
}

int unlink(const char *path) {
  REAL(unlink);
  WHOLE('d', path_counts(AT_FDCWD, path), real(path));
}

int unlinkat(int directory, const char *path, int flags) {
  REAL(unlinkat);
  WHOLE('d', path_counts(directory, path), real(directory, path, flags));
}

/* What C++ removes files with; within libc it does not go through the two above. */
int remove(const char *path) {
  REAL(remove);
  WHOLE('d', path_counts(AT_FDCWD, path), real(path));
}

int rmdir(const char *path) {
  REAL(rmdir);
  WHOLE('d', path_counts(AT_FDCWD, path), real(path));
}

int ftruncate(int fd, off_t length) {
  REAL(ftruncate);
  WHOLE('t', fd_counts(fd), real(fd, length));
}

int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64);
  WHOLE('t', fd_counts(fd), real(fd, length));
}

#define OPENING(directory) \
  mode_t mode = 0; \
  if (flags & O_CREAT) { \
    va_list more; \
    va_start(more, flags); \
    mode = va_arg(more, mode_t); \
    va_end(more); \
  } \
  int counts = (flags & O_CREAT) && count && path_counts(directory, path)

int open(const char *path, int flags, ...) {
  REAL(open);
  OPENING(AT_FDCWD);
  WHOLE('c', counts, real(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
  REAL(open64);
  OPENING(AT_FDCWD);
  WHOLE('c', counts, real(path, flags, mode));
}

int openat(int directory, const char *path, int flags, ...) {
  REAL(openat);
  OPENING(directory);
  WHOLE('c', counts, real(directory, path, flags, mode));
}
