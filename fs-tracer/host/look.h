/* What layer-look (look-main.c) and layer-start (start.c) share. */
#ifndef LOOK_H
#define LOOK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* What one look at a path tells; see fs-tracer/look-record.ts. */
struct record {
  double mode, device, inode, size, modified, changed;
};

/* look.c */

/* What a look at all paths of a look file told. */
struct looked {
  /* Of the file. */
  uint64_t nonce;
  /* Before the first look, ms since the epoch. */
  double started;
  /* How many paths are not as they were; the number of each, and what was seen. */
  uint32_t differing;
  const uint32_t *numbers;
  const struct record *seen;
};

/* Looks at all paths of the look file `name`. Not 0 where that is not as it should be. */
int look_at_paths(const char *name, struct looked *looked);

/* Writes what was found out as look.c says. 0 where all was written. */
int write_looked(const struct looked *looked, int to);

/* Both. */
int look(const char *name, int to);

double milliseconds(struct timespec time);
int is_absence(int error);

/* `flags` as of fstatat. */
struct record record_of(int folder, const char *path, int flags);

int write_all(int to, const void *bytes, size_t left);

/* `count` words at a multiple of 16 bytes, which hold the checksum of the rest at its place in a look file. */
int has_its_checksum(const uint32_t *words, size_t count, const uint32_t checksum[4]);

/* Where each of `count` strings begins, all ended by NUL and together `bytes` long. NULL where there are not as many. */
const char **find_strings(const char *strings, uint32_t bytes, uint32_t count);

/* replay.c */

/* Two numbers for all that what is printed, and whether anything is to run, may depend on besides files. */
struct facts {
  uint64_t first, second;
};

struct facts find_facts(const char *folder_of_looks);

/*
 * Prints what the run that left `folder`/KEY.FACTS printed, if nothing of what it depended on has changed since. Returns 1 where it
 * did; 0 otherwise, with `looked->seen` NULL or what was seen when the paths of `looks` were looked at.
 */
int replay(const char *folder, uint64_t key, struct facts facts, const char *looks, struct looked *looked);

/* ahead.c */

/*
 * Becomes `command`, or prints what it would print and ends. `folder` is where look files and replays are. Returns only where it
 * cannot: 127.
 */
int become_looking(const char *folder, char **command);

#endif
