/*
 * Looks at all paths of a look file (fs-tracer/look-file.ts) with lstat, and says which are not as the file has them. In a third
 * of the time that Node would take for it.
 *
 * The answer: the file's 8 bytes of nonce; the time before the first look in ms since the epoch as a double; u32 count of
 * paths that are not as they were; u32 0; the number of each of them as u32, ascending, with a 0 after an odd count of them; and
 * for each what was seen. That is 6 doubles: mode, device, inode, size, mtime and ctime in ms since the epoch, the same that
 * Node's lstatSync gives. What is not there (ENOENT and the like) has mode 0, what cannot be looked at has mode -1; the rest
 * is 0. Nothing is written where the file is not as it should be, its checksum included: whoever asked then looks by himself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "look.h"

#define MAGIC "layerlk\x02"

/* The head of a look file, little endian. See fs-tracer/look-file.ts for what follows. */
struct head {
  char magic[8];
  uint32_t count, note_bytes, path_bytes, place_count;
  uint64_t nonce;
  uint32_t checksum[4];
  uint64_t unused[2];
};

/* What is in a look file; `paths[-1]` is the root. */
struct looks {
  struct head head;
  const char **paths;
  const struct record *records;
  const int32_t *parents;
};

double milliseconds(struct timespec time) {
  return time.tv_sec * 1000.0 + time.tv_nsec / 1e6;
}

int is_absence(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG || error == ENXIO ||
         error == EINVAL || error == ESTALE;
}

struct record record_of(int folder, const char *path, int flags) {
  struct stat found;
  if (fstatat(folder, path, &found, flags)) return (struct record){.mode = is_absence(errno) ? 0 : -1};
  return (struct record){found.st_mode, found.st_dev, found.st_ino, found.st_size, milliseconds(found.st_mtim),
                         milliseconds(found.st_ctim)};
}

static struct record look_at(int folder, const char *path) {
  return record_of(folder, path, AT_SYMLINK_NOFOLLOW);
}

/* Paths that threads take by the chunk. Of what is not as it was, `differs` is set and `seen` says how it is. */
struct work {
  const struct looks *looks;
  int root;
  uint8_t *differs;
  struct record *seen;
  atomic_uint next;
};

#define CHUNK 1024

/* A folder that is held open, because most paths are in the same one as the path before: that saves walking there. */
struct place {
  int32_t index;
  int descriptor;
};

static struct record look_in(const struct work *work, uint32_t i, struct place *place) {
  const char **paths = work->looks->paths, *path = paths[i];
  int32_t parent = work->looks->parents[i];
  if (parent < 0 || (uint32_t)parent >= i || !strcmp(paths[parent], ".")) return look_at(work->root, path);
  if (place->index != parent) {
    if (place->descriptor >= 0) close(place->descriptor);
    place->index = parent;
    place->descriptor = openat(work->root, paths[parent], O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  size_t length = strlen(paths[parent]);
  if (place->descriptor < 0 || strncmp(path, paths[parent], length) || path[length] != '/')
    return look_at(work->root, path);
  return look_at(place->descriptor, path + length + 1);
}

static void *look_at_chunks(void *argument) {
  struct work *work = argument;
  struct place place = {-1, -1};
  uint32_t count = work->looks->head.count, from;
  while ((from = atomic_fetch_add(&work->next, CHUNK)) < count)
    for (uint32_t i = from; i < count && i < from + CHUNK; i++) {
      struct record seen = look_in(work, i, &place);
      if (seen.mode >= 0 && !memcmp(&seen, &work->looks->records[i], sizeof seen)) continue;
      work->differs[i] = 1;
      work->seen[i] = seen;
    }
  if (place.descriptor >= 0) close(place.descriptor);
  return NULL;
}

/* With another thread where there are some thousand paths. */
static void look_at_all(struct work *work) {
  pthread_t thread;
  int started = work->looks->head.count >= 4000 && pthread_create(&thread, NULL, look_at_chunks, work) == 0;
  look_at_chunks(work);
  if (started) pthread_join(thread, NULL);
}

int write_all(int to, const void *bytes, size_t left) {
  for (const char *next = bytes; left > 0;) {
    ssize_t written = write(to, next, left);
    if (written < 0 && errno != EINTR) return -1;
    if (written > 0) next += written, left -= written;
  }
  return 0;
}

/* Of all but the checksum itself, in four lanes of words. The same as in fs-tracer/look-checksum.ts. */
int has_its_checksum(const uint32_t *words, size_t count, const uint32_t checksum[4]) {
  uint32_t lanes[4] = {1, 2, 3, 4};
  for (size_t i = 0; i < count; i += 4) {
    if (i == offsetof(struct head, checksum) / 4) continue;
    for (int lane = 0; lane < 4; lane++) {
      uint32_t mixed = (lanes[lane] ^ words[i + lane]) * 0x01000193;
      lanes[lane] = mixed << 13 | mixed >> 19;
    }
  }
  return !memcmp(lanes, checksum, sizeof lanes);
}

/* Where the strings begin, or NULL where there are not so many in those bytes. */
const char **find_strings(const char *path, uint32_t bytes, uint32_t count) {
  const char *end = path + bytes, **strings = calloc((size_t)count + 1, sizeof *strings);
  if (!strings || (count > 0 && (bytes == 0 || end[-1]))) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    if (path >= end) return NULL;
    strings[i] = path;
    path += strlen(path) + 1;
  }
  return strings;
}

static int open_looks(const char *name, struct looks *looks) {
  struct stat stats;
  int file = open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0 || fstat(file, &stats) || stats.st_size < (off_t)sizeof(struct head)) return -1;
  /* It is replaced, never changed or cut short. */
  const char *bytes = mmap(NULL, stats.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (bytes == MAP_FAILED) return -1;
  struct head head = looks->head = *(const struct head *)bytes;
  uint64_t paths = sizeof head + (uint64_t)head.note_bytes, records = paths + head.path_bytes;
  uint64_t parents = records + head.count * (uint64_t)sizeof(struct record);
  uint64_t end = (parents + head.count * 8ull + head.place_count * 4ull + 15) & ~15ull;
  if (memcmp(head.magic, MAGIC, 8) || end > (uint64_t)stats.st_size || records % 16) return -1;
  if (!has_its_checksum((const uint32_t *)bytes, end / 4, head.checksum)) return -1;
  looks->records = (const struct record *)(bytes + records);
  looks->parents = (const int32_t *)(bytes + parents);
  const char **found = find_strings(bytes + paths, head.path_bytes, head.count + 1);
  if (!found) return -1;
  looks->paths = found + 1;
  return 0;
}

int look_at_paths(const char *name, struct looked *looked) {
  struct looks *looks = calloc(1, sizeof *looks);
  if (!looks || open_looks(name, looks)) return -1;
  size_t room = (size_t)looks->head.count + 1;
  struct work work = {.looks = looks, .seen = calloc(room, sizeof *work.seen), .differs = calloc(room, 1)};
  uint32_t *numbers = calloc(room, sizeof *numbers);
  if (!work.seen || !work.differs || !numbers) return -1;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  work.root = open(looks->paths[-1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (work.root < 0) return -1;
  look_at_all(&work);
  close(work.root);
  *looked = (struct looked){looks->head.nonce, milliseconds(now), 0, numbers, work.seen};
  for (uint32_t i = 0; i < looks->head.count; i++) {
    if (!work.differs[i]) continue;
    /* What differs moves to the front. */
    work.seen[looked->differing] = work.seen[i];
    numbers[looked->differing++] = i;
  }
  return 0;
}

int write_looked(const struct looked *looked, int to) {
  uint32_t differing[2] = {looked->differing, 0};
  return write_all(to, &looked->nonce, 8) || write_all(to, &looked->started, 8) ||
         write_all(to, differing, sizeof differing) ||
         write_all(to, looked->numbers, (differing[0] + 1u) / 2 * 2 * sizeof *looked->numbers) ||
         write_all(to, looked->seen, differing[0] * sizeof *looked->seen);
}

int look(const char *name, int to) {
  struct looked looked;
  return look_at_paths(name, &looked) || write_looked(&looked, to);
}
