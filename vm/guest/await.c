/*
 * Waits for a request of the kernel's. Whoever asks goes on for a moment after its answer and then asks again; a thread that
 * sleeps meanwhile costs two virtual processors an interrupt, and one of them its idle state, which take several times what
 * an answer does. There are two ways around that:
 *   LOOK    the device is asked again and again for a while after each request, as long as the last ones came that quickly;
 *   FOLLOW  this thread goes where the one that asks is (follow.c).
 * On a quiet host the first is faster by far, on one that is busier than it has processors the second. A guest cannot see
 * which it is on; so both are timed, a few requests each, from time to time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { LOOK_NS = 500000, TRIAL = 64, NOBODY_ASKS_NS = 100000000, LONG_READ = 64 << 10 };
static const long long FIRST_STAY_NS = 2000000000, LONGEST_STAY_NS = 32000000000;

enum way { LOOK, FOLLOW };
static enum way way, best;
static enum { TIME_BEST, TIME_OTHER, STAY } phase;
static unsigned count; /* requests in this phase, and the time between them */
static long long spent_ns, best_ns, stay_ns, last_ns;
static bool quick; /* the last request came within LOOK_NS */

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void begin(int next, enum way with) {
  phase = next;
  count = spent_ns = 0;
  if (way == FOLLOW && with != FOLLOW) follow_nobody();
  way = with;
}

static void end_phase(void) {
  if (phase == STAY) {
    begin(TIME_BEST, best);
  } else if (phase == TIME_BEST) {
    best_ns = spent_ns;
    begin(TIME_OTHER, best == LOOK ? FOLLOW : LOOK);
  } else {
    bool better = count >= TRIAL && spent_ns < best_ns - best_ns / 4;
    if (better) best = way;
    stay_ns = better || stay_ns == 0 ? FIRST_STAY_NS : stay_ns * 2;
    if (stay_ns > LONGEST_STAY_NS) stay_ns = LONGEST_STAY_NS;
    begin(STAY, best);
  }
}

static bool phase_is_over(void) {
  if (phase == STAY) return spent_ns >= stay_ns;
  return count >= TRIAL || (phase == TIME_OTHER && spent_ns > best_ns + best_ns / 4);
}

static void keep_time(void) {
  long long now = now_ns(), gap = now - last_ns;
  last_ns = now;
  if (gap >= NOBODY_ASKS_NS) return;
  count++;
  spent_ns += gap;
  if (phase_is_over()) end_phase();
}

static bool others_can_ask(void) {
  static long processors; /* with one, they cannot while this one looks */
  if (processors == 0) processors = sysconf(_SC_NPROCESSORS_ONLN);
  return processors > 1;
}

/* Returns -1 with EAGAIN where nothing came in time. */
static ssize_t look_for_a_while(int device, char *message, size_t room) {
  long long start = now_ns();
  do {
    ssize_t size = read(device, message, room);
    if (size >= 0 || errno != EAGAIN) return size;
  } while (now_ns() - start < LOOK_NS);
  return -1;
}

static ssize_t sleep_until_one_comes(int device, char *message, size_t room) {
  struct pollfd state = {.fd = device, .events = POLLIN};
  long long start = now_ns();
  if (poll(&state, 1, -1) < 0) return -1;
  quick = now_ns() - start < LOOK_NS;
  return read(device, message, room);
}

/* What takes the host longer than this thread would look. */
static bool takes_long(const char *request) {
  const struct fuse_in_header *header = (const struct fuse_in_header *)request;
  return header->opcode == FUSE_READ && ((const struct fuse_read_in *)(header + 1))->size >= LONG_READ;
}

static ssize_t next_request(int device, char *message, size_t room) {
  if (way == LOOK && quick && others_can_ask()) {
    ssize_t size = look_for_a_while(device, message, room);
    if (size >= 0 || errno != EAGAIN) return size;
    quick = false;
  }
  return sleep_until_one_comes(device, message, room);
}

long await_request(int device, char *message, size_t room) {
  ssize_t size = next_request(device, message, room);
  if (size < (ssize_t)sizeof(struct fuse_in_header) || !others_can_ask()) return size;
  keep_time();
  if (takes_long(message)) quick = false;
  if (way == FOLLOW) follow(((const struct fuse_in_header *)message)->pid);
  return size;
}
