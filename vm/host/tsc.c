/*
 * layer-tsc: prints the rate of this machine's time-stamp counter in kHz. A guest under TCG reads the host's counter and
 * cannot find out its rate by itself on a busy host (vm/machine-config.ts). Of several tenths of a second the least
 * disturbed counts: the one whose two readings took the shortest time.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct reading {
  uint64_t ticks, around;
  double seconds;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_RAW, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

/* The best of a few: how long it took says how far apart the two clocks may have been read. */
static struct reading take(void) {
  struct reading best = {.around = UINT64_MAX};
  for (int i = 0; i < 20; i++) {
    uint64_t before = __rdtsc();
    double seconds = now();
    uint64_t after = __rdtsc();
    if (after - before < best.around) best = (struct reading){before + (after - before) / 2, after - before, seconds};
  }
  return best;
}

int main(void) {
  double khz = 0;
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 3; i++) {
    struct reading first = take();
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    struct reading second = take();
    if (first.around + second.around >= least) continue;
    least = first.around + second.around;
    khz = (second.ticks - first.ticks) / (second.seconds - first.seconds) / 1e3;
  }
  printf("%.0f\n", khz);
  return 0;
}
