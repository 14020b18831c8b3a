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

int overlay_mount(const char *target, const char *lowers, const char *upper) {
  char upperdir[4096], workdir[4096], options[16384];
  int error;
  snprintf(upperdir, sizeof upperdir, "%s/upper", upper);
  snprintf(workdir, sizeof workdir, "%s/work", upper);
  if ((error = make_folders(upperdir)) || (error = make_folders(workdir)) || (error = make_folders(target)))
    return error;
  /* redirect_dir: rename(2) of a copied folder works instead of EXDEV (kernel Documentation/filesystems/overlayfs.rst) */
  if (snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,redirect_dir=on,xino=off", lowers, upperdir,
               workdir) >= 4096)
    return -E2BIG; /* mount(2) takes one page of options */
  return mount("layer", target, "overlay", 0, options) ? -errno : 0;
}
