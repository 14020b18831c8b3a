/*
 * layer-start ROOT ARGUMENT...: what the script ROOT/layer does where nothing is missing or out of date, in a fifth of its time. In
 * all other cases it becomes that script, with LAYER_START in its environment; the script starts this one where it is built.
 *
 * Both must agree on what is up to date: see setup/stamp.sh, whose lists are here again.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "look.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const stamped[] = {"package-lock.json", "setup/install",    "setup/packages.sh",
                                      "vm/guest/Makefile", "vm/host/Makefile", "fs-tracer/host/Makefile"};
static const char *const stamped_folders[] = {"vm/guest", "vm/host", "fs-tracer/host"};
static const char *const helpers[] = {"vm/guest/build/layer-guest",       "vm/host/build/layer-launch",
                                      "vm/host/build/layer-tsc",          "vm/host/build/layer-memory.so",
                                      "fs-tracer/host/build/layer-look",  "fs-tracer/host/build/layer-start",
                                      "fs-tracer/host/build/layer-trace"};

/* Which entries of a folder count. */
typedef int counted(const char *name);
static counted any, is_typescript, is_c;

/* The bundle's sources; `deep`: with what is in the folders there, and the folder itself. */
static const struct {
  const char *folder;
  counted *counts;
  int deep;
} sources[] = {{"cli", any, 1},          {"runner", any, 1},    {"grammar", any, 0},
               {"vm", is_typescript, 0}, {"fs-tracer", any, 1}, {"vm/images", is_typescript, 0},
               {"snapshots", any, 0},    {"util", any, 0}};

static int ends_with(const char *name, const char *end) {
  size_t size = strlen(name), wanted = strlen(end);
  return size > wanted && strcmp(name + size - wanted, end) == 0;
}

static int any(const char *name) { return *name != '\0'; }
static int is_typescript(const char *name) { return ends_with(name, ".ts"); }
static int is_c(const char *name) { return ends_with(name, ".c") || ends_with(name, ".h"); }

/* Whether `time` is after the last change of `path`, in the open folder `at`. What is not there is as old as can be. */
static int is_newer(struct timespec time, int at, const char *path) {
  struct stat found;
  if (fstatat(at, path, &found, 0)) return 1;
  struct timespec other = found.st_mtim;
  return time.tv_sec != other.tv_sec ? time.tv_sec > other.tv_sec : time.tv_nsec > other.tv_nsec;
}

/* The same of all entries of `folder` that count. Of a folder that cannot be read nothing is sure. */
static int newer_than_entries(struct timespec time, int at, const char *folder, counted *counts, int deep) {
  int descriptor = openat(at, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = descriptor < 0 ? NULL : fdopendir(descriptor);
  int newer = entries != NULL;
  for (struct dirent *entry; newer && (entry = readdir(entries));) {
    const char *name = entry->d_name;
    if (*name == '.' || !counts(name)) continue;
    newer = is_newer(time, descriptor, name);
    if (newer && deep && entry->d_type != DT_REG && entry->d_type != DT_LNK)
      newer = newer_than_entries(time, descriptor, name, is_typescript, 0);
  }
  if (entries) closedir(entries);
  return newer;
}

/* When `path` changed last; false where it is not there. */
static int find_time(int root, const char *path, struct timespec *time) {
  struct stat found;
  if (fstatat(root, path, &found, 0)) return 0;
  *time = found.st_mtim;
  return 1;
}

static int is_set_up(int root) {
  struct timespec stamp;
  if (!find_time(root, "node_modules/.layer-setup", &stamp)) return 0;
  for (size_t i = 0; i < COUNT(stamped); i++)
    if (!is_newer(stamp, root, stamped[i])) return 0;
  for (size_t i = 0; i < COUNT(stamped_folders); i++)
    if (!newer_than_entries(stamp, root, stamped_folders[i], is_c, 0)) return 0;
  for (size_t i = 0; i < COUNT(helpers); i++)
    if (faccessat(root, helpers[i], X_OK, 0)) return 0;
  return 1;
}

static int is_bundled(int root) {
  struct timespec bundle;
  if (!find_time(root, "dist/main.cjs", &bundle)) return 0;
  if (!is_newer(bundle, root, "package-lock.json") || !is_newer(bundle, root, "setup/bundle")) return 0;
  for (size_t i = 0; i < COUNT(sources); i++) {
    if (sources[i].deep && !is_newer(bundle, root, sources[i].folder)) return 0;
    if (!newer_than_entries(bundle, root, sources[i].folder, sources[i].counts, sources[i].deep)) return 0;
  }
  return 1;
}

static char *joined(const char *folder, const char *name) {
  char *path;
  return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* The first line of the stamp: absolute or in the clone. NULL where it is no program. */
static char *find_node(int root, const char *root_path) {
  char line[4096];
  int file = openat(root, "node_modules/.layer-setup", O_RDONLY | O_CLOEXEC);
  ssize_t size = file < 0 ? -1 : read(file, line, sizeof line - 1);
  if (file >= 0) close(file);
  if (size <= 0) return NULL;
  line[size] = '\0';
  char *end = strchr(line, '\n');
  if (!end || end == line) return NULL;
  *end = '\0';
  char *node = *line == '/' ? strdup(line) : joined(root_path, line);
  return node && access(node, X_OK) == 0 ? node : NULL;
}

static const char *set_to(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

/* Where Layer keeps what it stores, if that is there: whoever makes it makes it private. */
static char *find_home(void) {
  const char *own = set_to("LAYER_HOME"), *cache = set_to("XDG_CACHE_HOME"), *home = set_to("HOME");
  char *path = own ? strdup(own) : cache ? joined(cache, "layer") : home ? joined(home, ".cache/layer") : NULL;
  struct stat found;
  return path && stat(path, &found) == 0 && S_ISDIR(found.st_mode) ? path : NULL;
}

/* As setup/stamp.sh does for mkfs.ext4. */
static int extend_path(void) {
  const char *before = getenv("PATH");
  char *framed, *path;
  if (!before || asprintf(&framed, ":%s:", before) < 0) return -1;
  if (strstr(framed, ":/usr/sbin:")) return 0;
  return asprintf(&path, "%s:/usr/sbin:/sbin", before) < 0 ? -1 : setenv("PATH", path, 1);
}

/* Becomes Node where all is as it should be; returns otherwise. */
static void start(const char *root_path, char **arguments, int count) {
  int root = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0 || !is_set_up(root) || !is_bundled(root)) return;
  char *node = find_node(root, root_path), *home = find_home(), *program = joined(root_path, "setup/start.cjs");
  char **command = calloc(count + 5, sizeof *command);
  if (!node || !home || !program || !command || extend_path()) return;
  char *compiled = joined(home, "compile-cache"), *looks = joined(home, "looks");
  if (!compiled || !looks || (!set_to("NODE_COMPILE_CACHE") && setenv("NODE_COMPILE_CACHE", compiled, 1))) return;
  command[0] = node;
  command[1] = "--disable-warning=ExperimentalWarning";
  command[2] = "--min-semi-space-size=16";
  command[3] = program;
  memcpy(command + 4, arguments, count * sizeof *command);
  if (count > 0 && (!strcmp(arguments[0], "run") || !strcmp(arguments[0], "plan"))) become_looking(looks, command);
  else execv(node, command);
}

int main(int count, char **arguments) {
  if (count < 2) {
    fprintf(stderr, "usage: layer-start ROOT ARGUMENT...\n");
    return 2;
  }
  start(arguments[1], arguments + 2, count - 2);
  char *script = joined(arguments[1], "layer");
  if (script && setenv("LAYER_START", "script", 1) == 0) {
    arguments[1] = script;
    execv(script, arguments + 1);
  }
  fprintf(stderr, "layer: cannot start %s/layer: %s\n", arguments[1], strerror(errno));
  return 127;
}
