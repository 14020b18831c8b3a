/*
 * layer-look: looks at all paths of a look file (fs-tracer/look-file.ts) with lstat, in half the time that Node takes for it.
 *
 *   layer-look FILE                       writes the answer to stdout
 *   layer-look --ahead FOLDER COMMAND...  becomes COMMAND; meanwhile a child looks at what FOLDER/KEY names, if it is there
 *
 * KEY is 16 hexadecimal digits (FNV-1a) of the working folder and the arguments after COMMAND and its own options (see
 * key_of). It is in the environment of COMMAND as LAYER_LOOK=KEY, or as LAYER_LOOK=KEY,ANSWER,END where a child looks: two
 * descriptors, a file that holds the answer once the pipe END is closed. Starting it before Node is what this is for: Node
 * takes 30 ms to start, and another processor can look meanwhile.
 *
 * The answer: the file's 8 bytes of nonce; the time before the first look in ms since the epoch; for each path 6 numbers: mode,
 * device, inode, size, mtime and ctime in ms since the epoch. All are doubles of this machine, and the same that Node's
 * lstatSync gives. What is not there (ENOENT and the like) has mode 0, what cannot be looked at has mode -1; the rest is 0.
 * Nothing is written where the file is not as it should be: whoever asked then looks by himself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC "layerlk\x01"

/* The head of a look file, little endian; the paths follow: the root, then `count` others, each ended by NUL. */
struct head {
  char magic[8];
  uint32_t count, path_bytes, rest[2];
  uint64_t nonce;
  uint8_t checksum[32];
};

struct record {
  double mode, device, inode, size, modified, changed;
};

static double milliseconds(struct timespec time) {
  return time.tv_sec * 1000.0 + time.tv_nsec / 1e6;
}

static int is_absence(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG || error == ENXIO ||
         error == EINVAL || error == ESTALE;
}

static struct record look_at(int root, const char *path) {
  struct stat found;
  if (fstatat(root, path, &found, AT_SYMLINK_NOFOLLOW)) return (struct record){.mode = is_absence(errno) ? 0 : -1};
  return (struct record){found.st_mode, found.st_dev, found.st_ino, found.st_size, milliseconds(found.st_mtim),
                         milliseconds(found.st_ctim)};
}

/* A run of paths, and where what is seen goes. */
struct work {
  int root;
  const char **paths;
  struct record *records;
  uint32_t count;
};

static void *look_at_each(void *argument) {
  const struct work *work = argument;
  for (uint32_t i = 0; i < work->count; i++) work->records[i] = look_at(work->root, work->paths[i]);
  return NULL;
}

/* One half in another thread, which is worth it from some thousand paths on. */
static void look_at_all(struct work whole) {
  uint32_t half = whole.count < 4000 ? whole.count : whole.count / 2;
  struct work first = {whole.root, whole.paths, whole.records, half};
  struct work second = {whole.root, whole.paths + half, whole.records + half, whole.count - half};
  pthread_t thread;
  int started = second.count > 0 && pthread_create(&thread, NULL, look_at_each, &second) == 0;
  look_at_each(&first);
  if (started) pthread_join(thread, NULL);
  else look_at_each(&second);
}

static int write_all(int to, const void *bytes, size_t left) {
  for (const char *next = bytes; left > 0;) {
    ssize_t written = write(to, next, left);
    if (written < 0 && errno != EINTR) return -1;
    if (written > 0) next += written, left -= written;
  }
  return 0;
}

/* The first `length` bytes of a file; NULL where it is shorter. It is replaced, never changed. */
static char *read_front(int file, size_t length) {
  char *bytes = malloc(length);
  for (size_t filled = 0; bytes && filled < length;) {
    ssize_t got = pread(file, bytes + filled, length - filled, filled);
    if (got <= 0) return NULL;
    filled += got;
  }
  return bytes;
}

static int look(const char *name, int to) {
  int file = open(name, O_RDONLY | O_CLOEXEC);
  struct head head;
  if (file < 0 || pread(file, &head, sizeof head, 0) != sizeof head) return 1;
  if (memcmp(head.magic, MAGIC, 8) || head.path_bytes == 0) return 1;
  const char *bytes = read_front(file, sizeof head + head.path_bytes);
  if (!bytes) return 1;
  const char *path = bytes + sizeof head, *end = path + head.path_bytes;
  struct record *records = calloc((size_t)head.count + 1, sizeof *records);
  if (!records || end[-1]) return 1;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  double started = milliseconds(now);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return 1;
  const char **paths = calloc((size_t)head.count + 1, sizeof *paths);
  if (!paths) return 1;
  for (uint32_t i = 0; i < head.count; i++) {
    path += strlen(path) + 1;
    if (path >= end) return 1;
    paths[i] = path;
  }
  look_at_all((struct work){root, paths, records, head.count});
  return write_all(to, &head.nonce, 8) || write_all(to, &started, 8) ||
         write_all(to, records, head.count * sizeof *records);
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

static int ahead(const char *folder, char **command) {
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

int main(int count, char **arguments) {
  if (count >= 4 && strcmp(arguments[1], "--ahead") == 0) return ahead(arguments[2], arguments + 3);
  if (count == 2) return look(arguments[1], 1);
  fprintf(stderr, "usage: layer-look FILE | layer-look --ahead FOLDER COMMAND...\n");
  return 2;
}
