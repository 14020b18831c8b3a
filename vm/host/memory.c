/*
 * layer-memory.so: loaded into the QEMU of a restored machine (LD_PRELOAD). When QEMU maps the machine's memory, privately, from
 * the base file, the pages that deltas define (vm/memory-delta.ts) are mapped over it from the delta files, as private as the
 * rest: nothing is copied, the kernel brings in what the guest looks at, and a page is the process's own only once it was
 * written. Each page is mapped once, from the newest delta that has it.
 *
 * File descriptor 3 is an order (vm/memory-order.ts), the descriptors after it are the deltas, oldest first:
 *
 *     0   u64 device, u64 inode of the base file; u64 bytes of memory;
 *         u64 set here to where memory begins, once QEMU has mapped it
 *     32  u32 deltas; u32 set to 1 when all of memory is as ordered
 *
 * It needs nothing but what any libc has, so it goes into a QEMU of any. Where anything is not as it should be, or QEMU maps its
 * memory in a way that is not known here, the host writes all of the pages, over whatever is there.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ORDER 3
#define PAGE 4096ul
/* A process may have 65,530 mappings (vm.max_map_count), and a stretch in the middle of another makes two more. */
#define MAX_STRETCHES 24000

/* Where a page is: in the base, nowhere (zeros), or FIRST_SLOT + its place in the chain of deltas. */
enum { IN_BASE, ZEROS, FIRST_SLOT };

struct order {
  uint64_t device, inode, bytes;
  volatile uint64_t address;
  uint32_t deltas;
  volatile uint32_t complete;
};

struct delta {
  char magic[8];
  uint32_t version, page_bytes;
  uint64_t memory_bytes, table;
  uint32_t runs, stored;
};

struct run {
  uint32_t page, pages, stored;
};

struct memory {
  char *start;
  size_t pages;
  int protection, flags;
};

static void *map(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  return (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
}

/* As the kernel has it: glibc has no function of this name before 2.33. */
static int look(int file, struct stat *found) { return (int)syscall(SYS_fstat, file, found); }

static const void *map_file(int file, size_t *size, size_t least) {
  struct stat found;
  if (look(file, &found) || (size_t)found.st_size < least) return NULL;
  *size = found.st_size;
  const void *at = map(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0);
  return at == MAP_FAILED ? NULL : at;
}

/* Notes which pages a delta has; its first page of content is slot `slot`. Says how many it stores, or -1. */
static int64_t note_runs(const struct delta *delta, size_t size, uint32_t *sources, size_t pages, uint32_t slot) {
  if (memcmp(delta->magic, "LAYERMEM", 8) || delta->version != 1 || delta->page_bytes != PAGE) return -1;
  if (delta->memory_bytes != pages * PAGE || delta->table != PAGE * (1ul + delta->stored)) return -1;
  if (size != delta->table + delta->runs * sizeof(struct run)) return -1;
  const struct run *run = (const struct run *)((const char *)delta + delta->table);
  uint32_t stored = 0;
  for (uint32_t i = 0; i < delta->runs; i++, run++) {
    if (run->page > pages || run->pages > pages - run->page) return -1;
    for (uint32_t page = run->page; page < run->page + run->pages; page++)
      sources[page] = run->stored ? FIRST_SLOT + slot + stored++ : ZEROS;
  }
  return stored == delta->stored ? (int64_t)stored : -1;
}

/* The same for the whole chain; `ends[i]` is the first slot after delta i. */
static int note_deltas(uint32_t deltas, uint32_t *sources, size_t pages, uint32_t *ends) {
  uint32_t slot = 0;
  for (uint32_t i = 0; i < deltas; i++) {
    size_t size;
    const struct delta *delta = map_file(ORDER + 1 + i, &size, sizeof *delta);
    if (!delta) return 0;
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
  uint32_t *sources = map(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (sources == MAP_FAILED) return 0;
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
  for (uint32_t i = 0; i <= order->deltas; i++) close(ORDER + i);
  munmap(order, sizeof *order);
}

#undef mmap64
void *mmap64(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  void *at = map(address, length, protection, flags, file, offset);
  if (at != MAP_FAILED && file >= 0 && (flags & MAP_PRIVATE) && offset == 0) {
    int before = errno;
    mapped(at, length, protection, flags, file);
    errno = before;
  }
  return at;
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  return mmap64(address, length, protection, flags, file, offset);
}
