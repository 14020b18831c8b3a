/* What the parts of layer-memory.so share: memory.c tells the order, vm/memory-delta.ts the deltas. */
#ifndef LAYER_MEMORY_H
#define LAYER_MEMORY_H

#define _DEFAULT_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE 4096ul
#define DELTA_MAGIC "LAYERMEM"
#define DELTA_VERSION 1

/* Where a page is: in the base, nowhere (zeros), or FIRST_SLOT + its place in the chain of deltas. */
enum { IN_BASE, ZEROS, FIRST_SLOT };

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

/* mmap(2) and fstat(2) as the kernel has them: the first is ours in this process, and the second no function of an older glibc. */
void *map(void *address, size_t length, int protection, int flags, int file, off_t offset);
int map_file(int file, size_t least, const void **at, size_t *size);
/* Zeros that are given back with munmap; NULL where there is no memory. */
void *map_zeros(size_t bytes);

/*
 * Notes in `sources` which pages a delta has; its first page of content is slot `slot`. Says how many it stores, or -1 where
 * it is no whole delta of a memory of `pages`.
 */
int64_t note_runs(const struct delta *delta, size_t size, uint32_t *sources, size_t pages, uint32_t slot);

/* Pages: written since the mapping was made, and stored. */
struct saved {
  uint32_t dirty, stored;
};

/*
 * Writes to the new file what differs from a base and its deltas; `names` are theirs, each ended by a 0 byte. Returns 0, an errno,
 * or EINVAL where nothing was done.
 */
int save_memory(const struct memory *memory, const char *file, const char *names, uint32_t deltas, struct saved *saved);

/* Begins to save the memory whenever that is asked for at `descriptor` (serve.c). Says whether it does. */
int serve_saves(const struct memory *memory, int descriptor);

#endif
