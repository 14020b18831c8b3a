/*
 * Prints again what a run printed of which nothing was to run, without starting Node, where that run would do and print the same now. A
 * replay file says what it depended on (runner/replay/replay-file.ts, which writes it, says how that is found out):
 *
 *   - files of the workspace: the look file that it goes with, of which every path must be as it was;
 *   - files elsewhere, its grounds: each must be as it was, links followed;
 *   - all else, in its name: see find_facts;
 *   - and time: it stands for MOST_AGE_MS, because a run that restores snapshots notes that they were of use.
 *
 * Only the time that the run took is not printed as it was, but as it is now.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "look.h"

#define MAGIC "layerrp\x01"
#define MOST_AGE_MS (10 * 60 * 1000.0)

/* The head of a replay file, little endian. */
struct head {
  char magic[8];
  uint32_t grounds, path_bytes, before_bytes, after_bytes;
  /* Of the look file. */
  uint64_t nonce;
  uint32_t checksum[4];
  /* Ms since the epoch. */
  double kept_at;
  uint32_t duration, unused;
};

/* How the duration is printed. */
enum { NO_DURATION, WHOLE_MILLISECONDS, FOR_PEOPLE };

/* In the place of a ground's device: how much of it counts. See util/grounds.ts. */
enum { KIND_ONLY = -1, NOTHING_IF_EMPTY = -2 };

struct replay {
  struct head head;
  const struct record *records;
  const char **paths;
  const char *before, *after;
};

static struct facts mixed(struct facts facts, const void *bytes, size_t size) {
  for (const unsigned char *next = bytes; size > 0; size--, next++) {
    facts.first = (facts.first ^ *next) * 0x100000001b3;
    facts.second = (facts.second ^ *next) * 0x9e3779b97f4a7c15;
    facts.second ^= facts.second >> 29;
  }
  return facts;
}

/* With its length, so that parts cannot run into each other. */
static struct facts with(struct facts facts, const void *bytes, size_t size) {
  uint64_t length = size;
  return mixed(mixed(facts, &length, sizeof length), bytes, size);
}

static struct facts with_file(struct facts facts, const char *path) {
  char bytes[4096];
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t size = file < 0 ? -1 : read(file, bytes, sizeof bytes);
  if (file >= 0) close(file);
  return size < 0 ? with(facts, "?", 1) : with(facts, bytes, size);
}

/* They change with every command that a shell runs, or folder that it visits, and nothing of Layer reads them. */
static int is_passing(const char *variable) {
  return !strncmp(variable, "_=", 2) || !strncmp(variable, "OLDPWD=", 7) || !strncmp(variable, "SHLVL=", 6);
}

static struct facts with_terminals(struct facts facts) {
  for (int standard = 0; standard < 3; standard++) {
    struct winsize size = {0};
    int is_terminal = isatty(standard);
    if (is_terminal) ioctl(standard, TIOCGWINSZ, &size);
    uint16_t parts[3] = {is_terminal, size.ws_col, size.ws_row};
    facts = with(facts, parts, sizeof parts);
  }
  return facts;
}

/*
 * Whatever it was that a run went by: the environment, who runs it, where, on which processors of which system since which start (so on
 * which kernel and CPU), in front of which terminals. The last of two that differ in any of it starts Node, which then decides.
 */
struct facts find_facts(const char *folder) {
  struct facts facts = {0xcbf29ce484222325, 0x6c62272e07bb0142};
  for (char **variable = environ; *variable; variable++)
    if (!is_passing(*variable)) facts = with(facts, *variable, strlen(*variable));
  facts = with(facts, folder, strlen(folder));
  uint64_t users[] = {getuid(), geteuid(), getgid(), getegid()};
  facts = with(facts, users, sizeof users);
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof processors, &processors) == 0) facts = with(facts, &processors, sizeof processors);
  facts = with_file(facts, "/proc/sys/kernel/random/boot_id");
  facts = with_file(facts, "/proc/self/cgroup");
  char namespace[64];
  ssize_t size = readlink("/proc/self/ns/mnt", namespace, sizeof namespace);
  facts = with(facts, namespace, size < 0 ? 0 : size);
  return with_terminals(facts);
}

static int open_replay(const char *name, struct replay *replay) {
  struct stat stats;
  int file = open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  /* It is replaced, never changed or cut short. */
  const char *bytes = MAP_FAILED;
  if (fstat(file, &stats) == 0 && stats.st_size >= (off_t)sizeof(struct head))
    bytes = mmap(NULL, stats.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (bytes == MAP_FAILED) return -1;
  struct head head = replay->head = *(const struct head *)bytes;
  uint64_t paths = sizeof head + head.grounds * (uint64_t)sizeof(struct record), before = paths + head.path_bytes;
  uint64_t after = before + head.before_bytes, end = (after + head.after_bytes + 15) & ~15ull;
  if (memcmp(head.magic, MAGIC, 8) || end != (uint64_t)stats.st_size) return -1;
  if (!has_its_checksum((const uint32_t *)bytes, end / 4, head.checksum)) return -1;
  replay->records = (const struct record *)(bytes + sizeof head);
  replay->paths = find_strings(bytes + paths, head.path_bytes, head.grounds);
  replay->before = bytes + before;
  replay->after = bytes + after;
  return replay->paths ? 0 : -1;
}

/* What a ground is now, of which as much counts as of `then`. */
static struct record ground_now(const char *path, const struct record *then) {
  struct record now = record_of(AT_FDCWD, path, 0);
  if (now.mode < 0) return now;
  if (then->device == KIND_ONLY) return (struct record){.mode = (uint32_t)now.mode & S_IFMT, .device = KIND_ONLY};
  if (now.size == 0 && then->device == NOTHING_IF_EMPTY) return *then;
  return now;
}

static int grounds_hold(const struct replay *replay) {
  for (uint32_t i = 0; i < replay->head.grounds; i++) {
    struct record now = ground_now(replay->paths[i], &replay->records[i]);
    if (now.mode < 0 || memcmp(&now, &replay->records[i], sizeof now)) return 0;
  }
  return 1;
}

static double now_on(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return milliseconds(now);
}

/* As formatDuration of util/duration.ts has it up to a minute, or as JSON. -1 where it is longer. */
static int print_duration(uint32_t how, double taken, char *text, size_t room) {
  long hundredths = (long)(taken / 10 + 0.5), tenths = (long)(taken / 100 + 0.5);
  if (how == NO_DURATION) return 0;
  if (taken < 0 || tenths >= 600) return -1;
  if (how == WHOLE_MILLISECONDS) return snprintf(text, room, "%ld", (long)(taken + 0.5));
  if (hundredths < 100) return snprintf(text, room, "%.2f s", hundredths / 100.0);
  return snprintf(text, room, "%.1f s", tenths / 10.0);
}

/* To its end, though somebody made it non-blocking. -1 where it cannot be written to. */
static int write_out(const char *text, size_t left) {
  while (left > 0) {
    ssize_t written = write(STDOUT_FILENO, text, left);
    if (written >= 0) text += written, left -= written;
    else if (errno == EAGAIN) poll(&(struct pollfd){STDOUT_FILENO, POLLOUT, 0}, 1, -1);
    else if (errno != EINTR) return -1;
  }
  return 0;
}

/* 0 where somebody must print it otherwise. */
static int print(const struct replay *replay, double taken) {
  const struct head *head = &replay->head;
  char duration[32], *text = malloc((size_t)head->before_bytes + head->after_bytes + sizeof duration);
  int length = print_duration(head->duration, taken, duration, sizeof duration);
  if (length < 0 || !text) return 0;
  memcpy(text, replay->before, head->before_bytes);
  memcpy(text + head->before_bytes, duration, length);
  memcpy(text + head->before_bytes + length, replay->after, head->after_bytes);
  signal(SIGPIPE, SIG_IGN);
  /* Whoever does not read on (EPIPE, or EIO of a terminal that was closed) has had what was wanted. */
  if (write_out(text, (size_t)head->before_bytes + length + head->after_bytes) == 0 || errno != ENOSPC) return 1;
  fprintf(stderr, "layer: cannot write to stdout: %s\n", strerror(errno));
  exit(3);
}

int replay(const char *folder, uint64_t key, struct facts facts, const char *looks, struct looked *looked) {
  char name[4200];
  struct replay replay;
  double began = now_on(CLOCK_MONOTONIC);
  snprintf(name, sizeof name, "%s/%016" PRIx64 ".%016" PRIx64 "%016" PRIx64, folder, key, facts.first, facts.second);
  if (open_replay(name, &replay)) return 0;
  double age = now_on(CLOCK_REALTIME) - replay.head.kept_at;
  if (age < 0 || age > MOST_AGE_MS || !grounds_hold(&replay)) return 0;
  if (look_at_paths(looks, looked)) return 0;
  if (looked->nonce != replay.head.nonce || looked->differing > 0) return 0;
  return print(&replay, now_on(CLOCK_MONOTONIC) - began);
}
