/*
 * The window: memory of ours at a physical address that stays, so that the host can put long messages there itself (it
 * owns the machine's memory) instead of passing them through a virtio-serial port, which takes them 4 KiB at a time with an
 * interrupt for each. The port then only says where the message lies. The host's side is vm/memory-window.ts.
 *
 *   0     16 bytes   MAGIC
 *   16    2 x u64    physical addresses of this window's pieces; the second is 0 where there is one
 *   32    u64        how far messages were taken, counted as the host counts (see pump.c); the host reads it
 *   4096             messages, to the end
 *
 * A piece is a huge page, which is never moved while it is mapped. They are set aside at boot (`hugepages=2`); where there is
 * none, all messages come through the port.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

enum { PIECES = 2, PIECE_BYTES = 2 << 20, DATA_START = 4096, PAGE = 4096 };

static const char MAGIC[16] = "layer window 2\n";
static const uint64_t FRAME_MASK = (UINT64_C(1) << 55) - 1, PRESENT = UINT64_C(1) << 63;

static struct {
  char magic[16];
  uint64_t addresses[PIECES], taken;
} *window;
static size_t window_bytes;

/* Documentation/admin-guide/mm/pagemap.rst; 0 where it cannot be told. */
static uint64_t physical_address(const void *address) {
  uint64_t entry = 0;
  int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (pagemap < 0) return 0;
  off_t place = (uintptr_t)address / PAGE * sizeof entry;
  bool known = pread(pagemap, &entry, sizeof entry, place) == sizeof entry && (entry & PRESENT);
  close(pagemap);
  return known ? (entry & FRAME_MASK) * PAGE : 0;
}

static bool open_pieces(int pieces) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE;
  const size_t bytes = (size_t)pieces * PIECE_BYTES;
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) return false;
  uint64_t addresses[PIECES] = {0};
  bool known = true;
  for (int piece = 0; piece < pieces; piece++)
    if (!(addresses[piece] = physical_address(memory + (size_t)piece * PIECE_BYTES))) known = false;
  if (!known) {
    munmap(memory, bytes);
    return false;
  }
  madvise(memory, bytes, MADV_DONTFORK);
  window = (void *)memory;
  window_bytes = bytes;
  memcpy(window->magic, MAGIC, sizeof MAGIC);
  memcpy(window->addresses, addresses, sizeof addresses);
  return true;
}

void window_open(void) {
  for (int pieces = PIECES; pieces > 0 && !open_pieces(pieces); pieces--) continue;
}

uint64_t window_address(void) { return window ? window->addresses[0] : 0; }

const char *window_at(uint64_t offset, uint64_t size) {
  bool inside = window && offset >= DATA_START && offset <= window_bytes && size <= window_bytes - offset;
  return inside ? (const char *)window + offset : NULL;
}

void window_taken(uint64_t count) { __atomic_store_n(&window->taken, count, __ATOMIC_RELEASE); }
