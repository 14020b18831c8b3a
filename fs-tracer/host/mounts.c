/* The namespaces and mounts of a traced command. All of it vanishes with the last process in it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace.h"

#define VIEW "view"

static int put(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  ssize_t size = strlen(text), written = write(file, text, size);
  int error = written == size ? 0 : errno;
  close(file);
  return error;
}

/* The command sees itself as the user it is. Other users' files belong to nobody in there (user_namespaces(7)). */
static int map_self(uid_t user, gid_t group) {
  char line[64];
  int error;
  snprintf(line, sizeof line, "%u %u 1", user, user);
  if ((error = put("/proc/self/uid_map", line)) || (error = put("/proc/self/setgroups", "deny"))) return error;
  snprintf(line, sizeof line, "%u %u 1", group, group);
  return put("/proc/self/gid_map", line);
}

int enter_namespaces(bool as_user) {
  uid_t user = geteuid();
  gid_t group = getegid();
  if (unshare(CLONE_NEWNS | (as_user ? CLONE_NEWUSER : 0))) return errno;
  int error = as_user ? map_self(user, group) : 0;
  if (error) return error;
  /* Mounts made outside still appear in here; ours do not appear outside. */
  if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL)) return errno;
  if (mkdir(VIEW, 0700) || mkdir("space", 0700) || mkdir(UPPER, 0700) || mkdir(WORK, 0700)) return errno;
  return 0;
}

/* The device must be opened in the user namespace that mounts it (fs/fuse/inode.c, fuse_fill_super). */
int mount_view(int *device) {
  char options[160];
  *device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (*device < 0) return errno;
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=%u,allow_other,default_permissions", *device,
           geteuid(), getegid());
  return mount("layer", VIEW, "fuse.layer", MS_RDONLY | MS_NOSUID | MS_NODEV, options) ? errno : 0;
}

/* The top of the overlay has the attributes of its upper folder: they become those of the root. */
static int copy_attributes(const char *root) {
  struct stat was;
  if (stat(root, &was)) return errno;
  if (chown(UPPER, was.st_uid, was.st_gid) && errno != EINVAL && errno != EPERM) return errno;
  struct timespec times[2] = {was.st_atim, was.st_mtim};
  return chmod(UPPER, was.st_mode & 07777) || utimensat(AT_FDCWD, UPPER, times, 0) ? errno : 0;
}

/*
 * redirect_dir: rename(2) of a folder of the workspace works instead of EXDEV; not to be had in a user namespace, where
 * overlayfs keeps its marks in user.* attributes. volatile: what is dropped needs no fsync, and ending it does not sync the
 * whole disk (0.3 s and more); from Linux 5.10 on (kernel Documentation/filesystems/overlayfs.rst).
 */
#define LAYERS "lowerdir=" VIEW "/0,upperdir=" UPPER ",workdir=" WORK ",xino=off"

static int mount_overlay(const char *root, bool as_user) {
  const char *options = as_user ? LAYERS ",userxattr,volatile" : LAYERS ",redirect_dir=on,volatile";
  if (!mount("layer", root, "overlay", 0, options)) return 0;
  if (errno != EINVAL || as_user) return errno;
  return mount("layer", root, "overlay", 0, LAYERS ",redirect_dir=on") ? errno : 0;
}

/* Not every file system can be the upper one: that of a container cannot. Memory always can. */
static int use_memory(void) {
  if (mount("layer", "space", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700")) return errno;
  return mkdir(UPPER, 0700) || mkdir(WORK, 0700) ? errno : 0;
}

int lay_over(const char *root, bool as_user) {
  int error = copy_attributes(root);
  if (error) return error;
  if (mount_overlay(root, as_user) == EINVAL) {
    if ((error = use_memory()) || (error = copy_attributes(root))) return error;
    if ((error = mount_overlay(root, as_user))) return error;
  }
  /* What overlayfs makes with mode 0 could not be removed by an ordinary user later. */
  chmod(WORK "/work", 0700);
  /* The overlay keeps it: nobody else needs to see it. */
  return umount2(VIEW, MNT_DETACH) ? errno : 0;
}
