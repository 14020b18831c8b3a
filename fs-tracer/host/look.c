/*
 * What layer-look and layer-start do with a look file: looks at all paths of a look file (fs-tracer/look-file.ts) with lstat, and says which are not as the file has
 * them. In a third of the time that Node would take for it.
 *
 *   layer-look FILE                       writes the answer to stdout
 *   layer-look --ahead FOLDER COMMAND...  becomes COMMAND; meanwhile a child looks at what FOLDER/KEY names, if it is there
 *
 * KEY is 16 hexadecimal digits (FNV-1a) of the working folder and the arguments after COMMAND and its own options (see
 * key_of). It is in the environment of COMMAND as LAYER_LOOK=KEY, or as LAYER_LOOK=KEY,ANSWER,END where a child looks: two
 * descriptors, a file that holds the answer once the pipe END is closed. Starting it before Node is what this is for: Node
 * takes 30 ms to start, and another processor can look meanwhile.
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
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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

struct record {
  double mode, device, inode, size, modified, changed;
};

/* What is in a look file; `paths[-1]` is the root. */
struct looks {
  struct head head;
  const char **paths;
  const struct record *records;
  const int32_t *parents;
};

static double milliseconds(struct timespec time) {
  return time.tv_sec * 1000.0 + time.tv_nsec / 1e6;
}

static int is_absence(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG || error == ENXIO ||
         error == EINVAL || error == ESTALE;
}

static struct record look_at(int folder, const char *path) {
  struct stat found;
  if (fstatat(folder, path, &found, AT_SYMLINK_NOFOLLOW)) return (struct record){.mode = is_absence(errno) ? 0 : -1};
  return (struct record){found.st_mode, found.st_dev, found.st_ino, found.st_size, milliseconds(found.st_mtim),
                         milliseconds(found.st_ctim)};
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

static int write_all(int to, const void *bytes, size_t left) {
  for (const char *next = bytes; left > 0;) {
    ssize_t written = write(to, next, left);
    if (written < 0 && errno != EINTR) return -1;
    if (written > 0) next += written, left -= written;
  }
  return 0;
}

/* Of all but the checksum itself, in four lanes of words. The same as in fs-tracer/look-checksum.ts. */
static int has_its_checksum(const uint32_t *words, size_t count, const uint32_t checksum[4]) {
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

/* Where the paths begin, or NULL where they are not as the head says. */
static const char **find_paths(const char *path, uint32_t bytes, uint32_t count) {
  const char *end = path + bytes, **paths = calloc((size_t)count + 1, sizeof *paths);
  if (!paths || bytes == 0 || end[-1]) return NULL;
  for (uint32_t i = 0; i <= count; i++) {
    if (path >= end) return NULL;
    paths[i] = path;
    path += strlen(path) + 1;
  }
  return paths + 1;
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
  looks->paths = find_paths(bytes + paths, head.path_bytes, head.count);
  return looks->paths ? 0 : -1;
}

/* What differs moves to the front. */
static int write_answer(const struct work *work, double started, int to) {
  uint32_t count = work->looks->head.count, differing[2] = {0, 0};
  uint32_t *numbers = calloc((size_t)count + 1, sizeof *numbers);
  if (!numbers) return 1;
  for (uint32_t i = 0; i < count; i++) {
    if (!work->differs[i]) continue;
    work->seen[differing[0]] = work->seen[i];
    numbers[differing[0]++] = i;
  }
  return write_all(to, &work->looks->head.nonce, 8) || write_all(to, &started, 8) ||
         write_all(to, differing, sizeof differing) ||
         write_all(to, numbers, (differing[0] + 1u) / 2 * 2 * sizeof *numbers) ||
         write_all(to, work->seen, differing[0] * sizeof *work->seen);
}

int look(const char *name, int to) {
  struct looks looks;
  if (open_looks(name, &looks)) return 1;
  struct work work = {.looks = &looks, .seen = calloc((size_t)looks.head.count + 1, sizeof *work.seen)};
  work.differs = calloc((size_t)looks.head.count + 1, 1);
  if (!work.seen || !work.differs) return 1;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  work.root = open(looks.paths[-1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (work.root < 0) return 1;
  look_at_all(&work);
  return write_answer(&work, milliseconds(now), to);
}

static uint64_t mixed(uint64_t hash, const char *text) {
  do hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
  while (*text++);
  return hash;
}

/* What the same command gives in the same folder. COMMAND itself and its options for Node do not count. */
static uint64_t key_of(char **command) {
  char folder[4096];
  uint64_t hash = mixed(0xcbf29ce484222325, getcwd(folder, sizeof folder) ? folder : "");
  command++;
  while (*command && **command == '-') command++;
  for (; *command && *++command;) hash = mixed(hash, *command);
  return hash;
}

/* Leaves a child that looks, and returns where its answer will be; -1 where there is nothing to look at. */
static int look_ahead(const char *name, int *end) {
  int ends[2];
  if (access(name, R_OK) || pipe(ends)) return -1;
  int answer = memfd_create("layer-look", 0);
  pid_t parent = getpid();
  pid_t child = answer < 0 ? -1 : fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    close(ends[0]);
    for (int standard = 0; standard < 3; standard++) close(standard);
    _exit(look(name, answer));
  }
  close(ends[1]);
  if (child > 0) {
    *end = ends[0];
    return answer;
  }
  close(ends[0]);
  if (answer >= 0) close(answer);
  return -1;
}

int become_looking(const char *folder, char **command) {
  char name[4096], setting[64];
  int end = -1;
  uint64_t key = key_of(command);
  int length = snprintf(name, sizeof name, "%s/%016llx", folder, (unsigned long long)key);
  int answer = length < (int)sizeof name ? look_ahead(name, &end) : -1;
  if (answer < 0) snprintf(setting, sizeof setting, "%016llx", (unsigned long long)key);
  else snprintf(setting, sizeof setting, "%016llx,%d,%d", (unsigned long long)key, answer, end);
  setenv("LAYER_LOOK", setting, 1);
  execv(command[0], command);
  fprintf(stderr, "layer: cannot start %s: %s\n", command[0], strerror(errno));
  return 127;
}
