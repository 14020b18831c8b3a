/* What the command wrote: the upper folder of the overlay. Relative paths, as the run's folder may be hidden by now. */
#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "trace.h"

enum { OPEN_FOLDERS = 64 };

static struct dropped found;

/* A removed name is a character device 0:0 (kernel Documentation/filesystems/overlayfs.rst, "whiteouts"). */
static int count_one(const char *path, const struct stat *entry, int type, struct FTW *place) {
  (void)path, (void)place;
  if (type == FTW_D || type == FTW_DNR) return 0;
  if (S_ISCHR(entry->st_mode) && entry->st_rdev == makedev(0, 0)) found.removed++;
  else found.written++;
  return 0;
}

struct dropped count_dropped(void) {
  found = (struct dropped){0};
  nftw(UPPER, count_one, OPEN_FOLDERS, FTW_PHYS);
  return found;
}

static int remove_one(const char *path, const struct stat *entry, int type, struct FTW *place) {
  (void)entry, (void)type, (void)place;
  remove(path);
  return 0;
}

void remove_dropped(void) {
  umount2("space", MNT_DETACH); /* where it is memory: what lies below goes as well */
  nftw("space", remove_one, OPEN_FOLDERS, FTW_PHYS | FTW_DEPTH | FTW_MOUNT);
  nftw("view", remove_one, OPEN_FOLDERS, FTW_PHYS | FTW_DEPTH | FTW_MOUNT);
}
