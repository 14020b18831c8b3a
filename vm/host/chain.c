/* Reading saved memory: files as vm/memory-delta.ts describes them. */
#include "memory.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void *map(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  return (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
}

void *map_zeros(size_t bytes) {
  void *at = map(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? NULL : at;
}

int map_file(int file, size_t least, const void **at, size_t *size) {
  struct stat found;
  if (syscall(SYS_fstat, file, &found) || (size_t)found.st_size < least) return 0;
  *size = found.st_size;
  *at = map(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0);
  return *at != MAP_FAILED;
}

static int is_run(const struct run *run, uint32_t next, size_t pages) {
  return run->page >= next && run->pages > 0 && run->page <= pages && run->pages <= pages - run->page && run->stored <= 1;
}

int64_t note_runs(const struct delta *delta, size_t size, uint32_t *sources, size_t pages, uint32_t slot) {
  if (memcmp(delta->magic, DELTA_MAGIC, sizeof delta->magic) || delta->version != DELTA_VERSION) return -1;
  if (delta->page_bytes != PAGE || delta->memory_bytes != pages * PAGE) return -1;
  if (delta->table != PAGE * (1ul + delta->stored) || size != delta->table + delta->runs * sizeof(struct run)) return -1;
  const struct run *run = (const struct run *)((const char *)delta + delta->table);
  uint32_t stored = 0, next = 0;
  for (uint32_t i = 0; i < delta->runs; i++, run++) {
    if (!is_run(run, next, pages)) return -1;
    next = run->page + run->pages;
    for (uint32_t page = run->page; page < next; page++) sources[page] = run->stored ? FIRST_SLOT + slot + stored++ : ZEROS;
  }
  return stored == delta->stored ? (int64_t)stored : -1;
}
