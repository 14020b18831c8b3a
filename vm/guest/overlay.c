/*
 * Overlay mounts for COPY. The host decides which layers make one; here they are only mounted. A target that is mounted
 * already is unmounted first (lazily: processes that hold its files keep them) and mounted anew from the given layers,
 * so overlays never stack on overlays.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

/* Links to layers whose paths are too long together for mount(2), which takes one page of options. */
#define SHORT_NAMES "/run/layer/layers"

enum { OPTIONS_MAX = 4096 };

int make_folders(const char *folder) {
  char path[4096];
  if (strlen(folder) >= sizeof path) return -ENAMETOOLONG;
  strcpy(path, folder);
  for (char *slash = path + 1; *slash; slash++) {
    if (*slash != '/') continue;
    *slash = 0;
    if (mkdir(path, 0755) && errno != EEXIST) return -errno;
    *slash = '/';
  }
  if (mkdir(path, 0755) && errno != EEXIST) return -errno;
  struct stat found;
  if (stat(path, &found)) return -errno;
  return S_ISDIR(found.st_mode) ? 0 : -ENOTDIR;
}

/* Takes the first of the layers into `path`; gives what is after it, NULL where there was none. Colons within are escaped. */
static const char *next_layer(const char *lowers, char *path, size_t size) {
  size_t length = 0;
  if (!lowers || !*lowers) return NULL;
  for (; *lowers && *lowers != ':'; lowers++) {
    if (*lowers == '\\' && lowers[1]) lowers++;
    if (length + 1 < size) path[length++] = *lowers;
  }
  path[length] = 0;
  return *lowers ? lowers + 1 : lowers;
}

static int look_like(const char *folder, const struct stat *found) {
  return chown(folder, found->st_uid, found->st_gid) || chmod(folder, found->st_mode & 07777) ? -errno : 0;
}

/* A folder stays whose and what it was when files are copied into it. */
static int look_like_below(const char *lowers, const char *upperdir) {
  char below[4096];
  struct stat found;
  const char *second = next_layer(lowers, below, sizeof below);
  if (!next_layer(second, below, sizeof below) || stat(below, &found)) return 0;
  return look_like(upperdir, &found);
}

/* The same for a folder on the way to copied files: `kept` is its place in the upper folder of the overlay to come. */
int keep_folder(const char *folder, const char *kept) {
  struct stat found;
  if (lstat(folder, &found) || !S_ISDIR(found.st_mode)) return 0;
  int error = make_folders(kept);
  return error ? error : look_like(kept, &found);
}

/* A folder that COPY or WORKDIR makes is like those that are copied: root's group, which USER is in, may write there. */
int make_guest_folder(const char *target) {
  struct stat found;
  bool is_new = stat(target, &found) && errno == ENOENT;
  int error = make_folders(target);
  return error ? error : is_new && chmod(target, 0775) ? -errno : 0;
}

/* Links of a few bytes, in the working directory, for all layers; `names` gets the list of them. */
static int shorten(const char *lowers, char *names, size_t size) {
  char layer[4096], name[16];
  size_t length = 0;
  int error = make_folders(SHORT_NAMES), number = 0;
  if (error || chdir(SHORT_NAMES)) return error ? error : -errno;
  while ((lowers = next_layer(lowers, layer, sizeof layer))) {
    snprintf(name, sizeof name, "%d", ++number);
    if ((unlink(name) && errno != ENOENT) || symlink(layer, name)) return -errno;
    length += snprintf(names + length, size - length, "%s%s", length ? ":" : "", name);
    if (length >= size) return -E2BIG;
  }
  return 0;
}

/* redirect_dir: rename(2) of a copied folder works instead of EXDEV (kernel Documentation/filesystems/overlayfs.rst) */
static bool make_options(char *options, const char *lowers, const char *upper) {
  return snprintf(options, OPTIONS_MAX, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work,redirect_dir=on,xino=off", lowers,
                  upper, upper) < OPTIONS_MAX;
}

int overlay_mount(const char *target, const char *lowers, const char *upper) {
  char upperdir[4096], workdir[4096], options[OPTIONS_MAX], names[OPTIONS_MAX];
  int error;
  snprintf(upperdir, sizeof upperdir, "%s/upper", upper);
  snprintf(workdir, sizeof workdir, "%s/work", upper);
  if ((error = make_folders(upperdir)) || (error = make_folders(workdir)) || (error = make_guest_folder(target)) ||
      (error = look_like_below(lowers, upperdir)))
    return error;
  if (!make_options(options, lowers, upper) &&
      ((error = shorten(lowers, names, sizeof names)) || !make_options(options, names, upper)))
    return error ? error : -E2BIG;
  error = mount("layer", target, "overlay", 0, options) ? -errno : 0;
  return chdir("/") ? -errno : error;
}
