/*
 * Copies FUSE messages between /dev/fuse and the layer.fs port. Messages are self-framed by their first u32
 * (include/uapi/linux/fuse.h), so nothing is parsed but the length, the opcode (which requests have no reply) and
 * `unique` (0 marks a notification, which answers nothing).
 *
 * A machine may be saved only while no request is under way: pump_freeze() stops taking requests, waits until each one
 * sent was answered, and until the host knows of each that was answered here (ahead.c). What guest processes ask meanwhile
 * waits in the kernel's own queue, inside the snapshot.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define ROOT_VIEW "/run/layer/root"
#define READ_AHEAD_KIB "1024"

enum { MESSAGE_MAX = (1 << 20) + (64 << 10), INTERRUPT_AGAIN_NS = 200000 };

/* Of the one message of ours that wants a reply; the kernel's numbers are even (FUSE_REQ_ID_STEP in fs/fuse/dev.c). */
static const uint64_t SYNC_UNIQUE = UINT64_MAX;

static int fuse_device = -1, port = -1;
static pthread_t taker;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool mounted, frozen, parked, talked, synced; /* parked: no request is being taken */
static long unanswered;

static bool wants_reply(const struct fuse_in_header *request) {
  return request->opcode != FUSE_FORGET && request->opcode != FUSE_BATCH_FORGET && request->opcode != FUSE_INTERRUPT;
}

static void park_while_frozen(void) {
  pthread_mutex_lock(&lock);
  while (frozen) {
    parked = true;
    pthread_cond_broadcast(&changed);
    pthread_cond_wait(&changed, &lock);
  }
  parked = false;
  pthread_mutex_unlock(&lock);
}

static void park_for_good(void) {
  pthread_mutex_lock(&lock);
  mounted = false;
  parked = true;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void count(long change) {
  pthread_mutex_lock(&lock);
  unanswered += change;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void tell_notes(uint64_t unique) {
  const void *message;
  size_t size = ahead_notes(&message, unique);
  if (size > 0 && port_write(port, message, size)) abort();
}

/* `message` has room for notes before it, so that both go out as one. */
static void pass_on(char *message, size_t size) {
  const struct fuse_in_header *request = (const struct fuse_in_header *)message;
  talked = true;
  if (ahead_answer(fuse_device, request)) {
    if (ahead_notes_pressing()) tell_notes(0);
    return;
  }
  if (wants_reply(request)) count(1);
  const void *notes; /* first: the host decides by them what to send ahead along with its reply */
  size_t noted = ahead_notes(&notes, 0);
  memcpy(message - noted, notes, noted);
  if (port_write(port, message - noted, noted + size)) abort();
}

/* A signal (pump_freeze) ends the wait for a request. */
static void *requests(void *unused) {
  (void)unused;
  char *message = (char *)malloc(AHEAD_NOTES_BYTES + MESSAGE_MAX) + AHEAD_NOTES_BYTES;
  for (;;) {
    park_while_frozen();
    long size = await_request(fuse_device, message, MESSAGE_MAX);
    if (size >= (ssize_t)sizeof(struct fuse_in_header)) pass_on(message, size);
    if (size < 0 && errno == ENODEV) break; /* unmounted, by root in the guest: the machine goes on without the workspace */
  }
  park_for_good();
  return NULL;
}

static void pass_back(const char *message);

/* What follows the header of a message that says where in the window another one lies. */
struct in_window {
  uint64_t offset, size, taken; /* what to tell the host afterwards */
};

static void pass_back_from_window(const char *message, size_t size) {
  struct in_window place;
  struct fuse_out_header header;
  if (size != sizeof header + sizeof place) abort();
  memcpy(&place, message + sizeof header, sizeof place);
  const char *found = window_at(place.offset, place.size);
  if (!found || place.size < sizeof header) abort();
  memcpy(&header, found, sizeof header);
  if (header.len != place.size || (header.unique == 0 && header.error == LAYER_WINDOW)) abort();
  pass_back(found);
  window_taken(place.taken);
}

static void pass_to_kernel(const char *message, const struct fuse_out_header *header) {
  /* ENOENT: the request was interrupted; or a notification named something the kernel does not know. */
  if (write(fuse_device, message, header->len) < 0 && errno != ENOENT && header->unique == 0 && errno != ENOTDIR)
    fprintf(stderr, "layer-guest: FUSE notification refused: %s\n", strerror(errno));
  if (header->unique != 0) count(-1);
}

static void now_synchronised(void) {
  pthread_mutex_lock(&lock);
  synced = true;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void pass_back(const char *message) {
  const struct fuse_out_header *header = (const struct fuse_out_header *)message;
  if (header->unique == SYNC_UNIQUE) {
    now_synchronised();
  } else if (header->unique == 0 && header->error == LAYER_AHEAD) {
    ahead_take(message + sizeof *header, header->len - sizeof *header);
  } else if (header->unique == 0 && header->error == LAYER_WINDOW) {
    pass_back_from_window(message, header->len);
  } else {
    if (header->unique == 0) ahead_drop(); /* a notification: something is not what it was */
    pass_to_kernel(message, header);
  }
}

/* A whole message at the front of `size` bytes: its length, else 0. */
static size_t whole_message(const char *bytes, size_t size) {
  struct fuse_out_header header;
  if (size < sizeof header) return 0;
  memcpy(&header, bytes, sizeof header);
  if (header.len < sizeof header || header.len > MESSAGE_MAX) abort(); /* the stream is lost: fail, never guess */
  return header.len <= size ? header.len : 0;
}

/* The port gives at most a page at a time, so a short reply and its header come in one read. */
static void *replies(void *unused) {
  (void)unused;
  char *buffer = malloc(MESSAGE_MAX);
  size_t used = 0;
  for (;;) {
    long got = port_read(port, buffer + used, MESSAGE_MAX - used);
    if (got < 0) abort();
    used += got;
    size_t done = 0;
    for (size_t length; (length = whole_message(buffer + done, used - done)) > 0; done += length) pass_back(buffer + done);
    if (done > 0) memmove(buffer, buffer + done, used -= done);
  }
}

/*
 * Lets the kernel read 1024 KiB ahead instead of 128: fewer round trips. The mount's device number is looked up in
 * mountinfo, not asked with stat(2), which would be an observation of the workspace. Without it reads are only slower.
 */
static void raise_read_ahead(const char *folder) {
  char line[4096], device[32], point[4096], path[80];
  FILE *mounts = fopen("/proc/self/mountinfo", "re");
  if (!mounts) return;
  while (fgets(line, sizeof line, mounts)) {
    if (sscanf(line, "%*s %*s %31s %*s %4095s", device, point) != 2 || strcmp(point, folder)) continue;
    snprintf(path, sizeof path, "/sys/class/bdi/%s/read_ahead_kb", device);
    FILE *setting = fopen(path, "we");
    if (setting) {
      fputs(READ_AHEAD_KIB, setting);
      fclose(setting);
    }
  }
  fclose(mounts);
}

static int mount_workspace(const char *folder) {
  char options[160];
  int error = make_folders(folder);
  if (error) return error;
  /* The root disk without what is mounted over it: the layers that overlays are made from (overlay.c). */
  if ((error = make_folders(ROOT_VIEW)) || (mount("/", ROOT_VIEW, NULL, MS_BIND, NULL) ? (error = -errno) : 0))
    return error;
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions",
           fuse_device);
  if (mount("layer", folder, "fuse.layer", MS_RDONLY | MS_NOSUID | MS_NODEV, options)) return -errno;
  raise_read_ahead(folder);
  return 0;
}

static void wake_up(int signal) { (void)signal; }

int pump_start(const char *folder) {
  if (fuse_device >= 0) return -EALREADY;
  if (port < 0 && (port = port_open("layer.fs")) < 0) return -errno;
  fuse_device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fuse_device < 0) return -errno;
  window_open();
  int error = mount_workspace(folder);
  if (error) return error;
  pthread_t replier;
  sigaction(SIGUSR1, &(struct sigaction){.sa_handler = wake_up}, NULL); /* without SA_RESTART */
  mounted = true;
  if (pthread_create(&taker, NULL, requests, NULL) || pthread_create(&replier, NULL, replies, NULL)) return -EAGAIN;
  return 0;
}

/*
 * The host's reply to this comes after everything it sent before, also what nobody asked for; so then nothing is on its
 * way, in either direction.
 */
static void synchronise(void) {
  tell_notes(SYNC_UNIQUE);
  pthread_mutex_lock(&lock);
  while (!synced) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

/* The signal may come just before the taker waits for a request, so it is sent until it has come at the right time. */
static void park(void) {
  while (!parked) {
    pthread_kill(taker, SIGUSR1);
    pthread_mutex_unlock(&lock);
    nanosleep(&(struct timespec){.tv_nsec = INTERRUPT_AGAIN_NS}, NULL);
    pthread_mutex_lock(&lock);
  }
}

void pump_freeze(void) {
  pthread_mutex_lock(&lock);
  frozen = true;
  if (mounted) park();
  follow_nobody();
  while (unanswered > 0) pthread_cond_wait(&changed, &lock);
  bool sync = talked;
  talked = synced = false;
  pthread_mutex_unlock(&lock);
  if (sync) synchronise();
  ahead_drop();
}

void pump_thaw(void) {
  pthread_mutex_lock(&lock);
  frozen = false;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}
