/*
 * Overlay mounts for COPY. The host decides which layers make one; here they are only mounted. A target that is mounted
 * already is taken away first (lazily: processes that hold its files keep them) and mounted anew from the given layers,
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

/* The second of the layers: what the copied files are laid over. Colons within it are escaped. */
static int layer_below(const char *lowers, char *path, size_t size) {
  size_t length = 0;
  const char *from = lowers;
  while (*from && *from != ':') from += *from == '\\' && from[1] ? 2 : 1;
  if (!*from) return -ENOENT;
  for (from++; *from && *from != ':' && length + 1 < size; from++) {
    if (*from == '\\' && from[1]) from++;
    path[length++] = *from;
  }
  path[length] = 0;
  return 0;
}

/* A folder stays whose and what it was when files are copied into it. */
static int look_like_below(const char *lowers, const char *upperdir) {
  char below[4096];
  struct stat found;
  if (layer_below(lowers, below, sizeof below) || stat(below, &found)) return 0;
  return chown(upperdir, found.st_uid, found.st_gid) || chmod(upperdir, found.st_mode & 07777) ? -errno : 0;
}

/* A folder that COPY or WORKDIR makes is like those that are copied: root's group, which USER is in, may write there. */
int make_guest_folder(const char *target) {
  struct stat found;
  bool is_new = stat(target, &found) && errno == ENOENT;
  int error = make_folders(target);
  return error ? error : is_new && chmod(target, 0775) ? -errno : 0;
}

int overlay_mount(const char *target, const char *lowers, const char *upper) {
  char upperdir[4096], workdir[4096], options[16384];
  int error;
  snprintf(upperdir, sizeof upperdir, "%s/upper", upper);
  snprintf(workdir, sizeof workdir, "%s/work", upper);
  if ((error = make_folders(upperdir)) || (error = make_folders(workdir)) || (error = make_guest_folder(target)) ||
      (error = look_like_below(lowers, upperdir)))
    return error;
  /* redirect_dir: rename(2) of a copied folder works instead of EXDEV (kernel Documentation/filesystems/overlayfs.rst) */
  if (snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,redirect_dir=on,xino=off", lowers, upperdir,
               workdir) >= 4096)
    return -E2BIG; /* mount(2) takes one page of options */
  return mount("layer", target, "overlay", 0, options) ? -errno : 0;
}
