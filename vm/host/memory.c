/*
 * layer-memory.so: loaded into the QEMU of a restored machine (LD_PRELOAD). When QEMU maps the machine's memory, privately, from
 * the base file, the pages that deltas define (vm/memory-delta.ts) are mapped over it from the delta files, as private as the
 * rest: nothing is copied, the kernel brings in what the guest looks at, and a page is the process's own only once it was
 * written. Each page is mapped once, from the newest delta that has it. From then on it saves that memory (save.c).
 *
 * File descriptor 3 is an order (vm/memory-order.ts), the descriptors after it are the deltas, oldest first:
 *
 *     0   u64 device, u64 inode of the base file; u64 bytes of memory;
 *         u64 set here to where memory begins, once QEMU has mapped it
 *     32  u32 deltas; u32 set to 1 when all of memory is as ordered
 *     40  u32 descriptor at which saves are asked for (save.c), 0 for none; u32 set to 1 when they are answered there
 *
 * It needs nothing but what any libc has, so it goes into a QEMU of any. Where anything is not as it should be, or QEMU maps its
 * memory in a way that is not known here, the host writes all of the pages, over whatever is there.
 */
#include "memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ORDER 3
/* A process may have 65,530 mappings (vm.max_map_count), and a stretch in the middle of another makes two more. */
#define MAX_STRETCHES 24000

struct order {
  uint64_t device, inode, bytes;
  volatile uint64_t address;
  uint32_t deltas;
  volatile uint32_t complete;
  uint32_t requests;
  volatile uint32_t answered;
};

static int look(int file, struct stat *found) { return (int)syscall(SYS_fstat, file, found); }

/* Where all pages of a chain are; `ends[i]` is the first slot after delta i. */
static int note_deltas(uint32_t deltas, uint32_t *sources, size_t pages, uint32_t *ends) {
  uint32_t slot = 0;
  for (uint32_t i = 0; i < deltas; i++) {
    size_t size;
    const void *delta;
    if (!map_file(ORDER + 1 + i, sizeof(struct delta), &delta, &size)) return 0;
    int64_t stored = note_runs(delta, size, sources, pages, slot);
    munmap((void *)delta, size);
    if (stored < 0) return 0;
    ends[i] = slot += stored;
  }
  return 1;
}

static int lay_zeros(const struct memory *memory, size_t page, size_t pages) {
  int flags = memory->flags | MAP_FIXED | MAP_ANONYMOUS;
  return map(memory->start + page * PAGE, pages * PAGE, memory->protection, flags, -1, 0) != MAP_FAILED;
}

static int lay_stored(const struct memory *memory, size_t page, size_t pages, int file, uint32_t slot) {
  off_t offset = (1 + slot) * PAGE;
  return map(memory->start + page * PAGE, pages * PAGE, memory->protection, memory->flags | MAP_FIXED, file, offset) !=
         MAP_FAILED;
}

static int lay_all(const struct memory *memory, const uint32_t *sources, const uint32_t *ends) {
  size_t next;
  for (size_t page = 0, stretches = 0; page < memory->pages; page = next) {
    uint32_t source = sources[page];
    next = page + 1;
    if (source == IN_BASE) continue;
    if (++stretches > MAX_STRETCHES) return 0;
    if (source == ZEROS) {
      while (next < memory->pages && sources[next] == ZEROS) next++;
      if (!lay_zeros(memory, page, next - page)) return 0;
      continue;
    }
    uint32_t slot = source - FIRST_SLOT, first = 0, delta = 0;
    while (slot >= ends[delta]) first = ends[delta++];
    while (next < memory->pages && sources[next] == source + (next - page) && slot + (next - page) < ends[delta]) next++;
    if (!lay_stored(memory, page, next - page, ORDER + 1 + delta, slot - first)) return 0;
  }
  return 1;
}

static int follow(const struct order *order, const struct memory *memory) {
  size_t size = memory->pages * sizeof(uint32_t) + order->deltas * sizeof(uint32_t);
  uint32_t *sources = map_zeros(size);
  if (!sources) return 0;
  uint32_t *ends = sources + memory->pages;
  int done = note_deltas(order->deltas, sources, memory->pages, ends) && lay_all(memory, sources, ends);
  munmap(sources, size);
  return done;
}

static struct order *open_order(void) {
  struct stat found;
  if (look(ORDER, &found) || found.st_size != sizeof(struct order)) return NULL;
  struct order *order = map(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, ORDER, 0);
  return order == MAP_FAILED ? NULL : order;
}

/* QEMU has mapped `file`. The first time that it is the base, the deltas are laid over it. */
static void mapped(char *at, size_t length, int protection, int flags, int file) {
  static int done;
  static struct order *order;
  struct stat found;
  if (done || (!order && !(order = open_order()))) return;
  if (look(file, &found) || found.st_dev != order->device || found.st_ino != order->inode || length != order->bytes) return;
  done = 1;
  struct memory memory = {at, length / PAGE, protection, flags};
  order->address = (uintptr_t)at;
  order->complete = follow(order, &memory);
  order->answered = order->requests && serve_saves(&memory, order->requests);
  for (uint32_t i = 0; i <= order->deltas; i++) close(ORDER + i);
  munmap(order, sizeof *order);
}

#define OURS __attribute__((visibility("default")))

#undef mmap64
OURS void *mmap64(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  void *at = map(address, length, protection, flags, file, offset);
  if (at != MAP_FAILED && file >= 0 && (flags & MAP_PRIVATE) && offset == 0) {
    int before = errno;
    mapped(at, length, protection, flags, file);
    errno = before;
  }
  return at;
}

OURS void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  return mmap64(address, length, protection, flags, file, offset);
}
