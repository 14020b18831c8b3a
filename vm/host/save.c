/*
 * Saves a stopped machine's memory from inside its QEMU (serve.c says when). Here a page is compared where it lies and goes
 * to the file from there; from outside (vm/save-memory.ts, which does the same and gives the same file) each is first copied
 * through the kernel, twice. What is written is a delta over base and deltas. The host sees to it that the machine stands still.
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_DELTAS 256
/* Pages of the base that are read at a time. */
#define BLOCK 64
/* Each piece of a write is one page or more: IOV_MAX of them in one call. */
#define PIECES 1024
#define WRITE_BYTES (4ul << 20)

/* Since Linux 6.7 (include/uapi/linux/fs.h). */
struct region {
  uint64_t start, end, categories;
};
struct scan {
  uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
  uint64_t inverted, all_of, any_of, told;
};
#define PAGEMAP_SCAN _IOWR('f', 16, struct scan)
enum { PAGE_IS_FILE = 1 << 2, PAGE_IS_PRESENT = 1 << 3, PAGE_IS_SWAPPED = 1 << 4 };

/* Of an entry of pagemap (kernel Documentation/admin-guide/mm/pagemap.rst). */
#define ENTRY_PRESENT (1ull << 63)
#define ENTRY_SWAPPED (1ull << 62)
#define ENTRY_FILE (1ull << 61)

static struct memory guest;
static const char zeros[PAGE] __attribute__((aligned(64)));

/* What a page is compared with. */
struct parent {
  uint32_t *sources, deltas;
  int base;
  const char *content[MAX_DELTAS];
  size_t sizes[MAX_DELTAS];
  uint32_t ends[MAX_DELTAS];
};

/* A delta in the making. */
struct output {
  int file, error;
  uint32_t dirty, stored, run_count;
  struct run *runs;
  off_t end;
  size_t waiting;
  int pieces;
  struct iovec piece[PIECES];
};

static struct parent parent;
static struct output output;

static void flush(void) {
  struct iovec *piece = output.piece;
  while (output.pieces > 0 && !output.error) {
    ssize_t done = pwritev(output.file, piece, output.pieces, output.end);
    if (done <= 0) {
      if (done == 0 || errno != EINTR) output.error = done == 0 ? EIO : errno;
      continue;
    }
    output.end += done;
    for (; output.pieces > 0 && (size_t)done >= piece->iov_len; output.pieces--) done -= piece++->iov_len;
    if (output.pieces > 0) *piece = (struct iovec){(char *)piece->iov_base + done, piece->iov_len - done};
  }
  output.pieces = 0;
  output.waiting = 0;
}

static void put(const void *bytes, size_t size) {
  struct iovec *last = output.piece + output.pieces - 1;
  if (output.pieces > 0 && (char *)last->iov_base + last->iov_len == bytes) last->iov_len += size;
  else output.piece[output.pieces++] = (struct iovec){(void *)bytes, size};
  if ((output.waiting += size) >= WRITE_BYTES || output.pieces == PIECES) flush();
}

static void note(uint32_t page, uint32_t stored) {
  struct run *last = output.runs + output.run_count - 1;
  if (output.run_count > 0 && last->stored == stored && last->page + last->pages == page) last->pages++;
  else output.runs[output.run_count++] = (struct run){page, 1, stored};
}

/* The base is read, not mapped: on a full tmpfs a hole of it that is touched ends the process. */
static char base_pages[BLOCK][PAGE] __attribute__((aligned(64)));

static void read_base(uint32_t page, uint32_t pages) {
  for (uint32_t from = 0, next; from < pages; from = next) {
    next = from + 1;
    if (parent.sources[page + from] != IN_BASE) continue;
    while (next < pages && parent.sources[page + next] == IN_BASE) next++;
    for (size_t done = 0, size = (next - from) * PAGE; done < size;) {
      ssize_t got = pread(parent.base, base_pages[from] + done, size - done, (page + from) * PAGE + done);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        output.error = got < 0 ? errno : EIO;
        return;
      }
      done += got;
    }
  }
}

static const char *before(uint32_t page, uint32_t place) {
  uint32_t source = parent.sources[page];
  if (source == IN_BASE) return base_pages[place];
  if (source == ZEROS) return zeros;
  uint32_t slot = source - FIRST_SLOT, delta = 0;
  while (slot >= parent.ends[delta]) delta++;
  return parent.content[delta] + PAGE * (1 + slot - (delta ? parent.ends[delta - 1] : 0));
}

static void save_block(uint32_t page, uint32_t pages) {
  read_base(page, pages);
  for (uint32_t place = 0; place < pages && !output.error; place++) {
    const char *now = guest.start + (page + place) * PAGE;
    if (!memcmp(now, before(page + place, place), PAGE)) continue;
    uint32_t stored = memcmp(now, zeros, PAGE) != 0;
    note(page + place, stored);
    output.stored += stored;
    if (stored) put(now, PAGE);
  }
}

static void save_pages(uint64_t start, uint64_t end) {
  uint32_t page = (start - (uintptr_t)guest.start) / PAGE, last = page + (end - start) / PAGE;
  output.dirty += last - page;
  for (; page < last && !output.error; page += BLOCK) save_block(page, last - page < BLOCK ? last - page : BLOCK);
}

/* What was written since the mapping was made is the process's own: it no longer shows the file. False where the kernel has no such call. */
static int scan_pages(int pagemap) {
  static struct region regions[512];
  const uint64_t end = (uintptr_t)guest.start + guest.pages * PAGE;
  struct scan scan = {.size = sizeof scan, .end = end, .regions = (uintptr_t)regions, .region_count = 512};
  scan.inverted = scan.all_of = PAGE_IS_FILE;
  scan.any_of = PAGE_IS_PRESENT | PAGE_IS_SWAPPED;
  scan.told = PAGE_IS_PRESENT | PAGE_IS_SWAPPED;
  for (scan.start = (uintptr_t)guest.start; scan.start < end && !output.error; scan.start = scan.walk_end) {
    int found = ioctl(pagemap, PAGEMAP_SCAN, &scan);
    if (found < 0 && errno == EINTR) continue;
    if (found < 0 && output.dirty == 0) return 0;
    if (found < 0 || scan.walk_end <= scan.start) output.error = found < 0 ? errno : EIO;
    for (int i = 0; i < found; i++) save_pages(regions[i].start, regions[i].end);
  }
  return 1;
}

static void read_pages(int pagemap) {
  static uint64_t entries[4096];
  for (size_t first = 0; first < guest.pages && !output.error;) {
    const size_t start = (uintptr_t)guest.start + first * PAGE, left = guest.pages - first;
    const size_t wanted = left < 4096 ? left : 4096;
    ssize_t got = pread(pagemap, entries, wanted * 8, start / PAGE * 8);
    if (got < 8) {
      output.error = got < 0 ? errno : EIO;
      return;
    }
    for (ssize_t i = 0; i < got / 8; i++) {
      const int own = (entries[i] & ENTRY_SWAPPED) || ((entries[i] & ENTRY_PRESENT) && !(entries[i] & ENTRY_FILE));
      if (own) save_pages(start + i * PAGE, start + (i + 1) * PAGE);
    }
    first += got / 8;
  }
}

static void finish(void) {
  const struct delta head = {
      DELTA_MAGIC, DELTA_VERSION, PAGE, guest.pages * PAGE, PAGE * (1ul + output.stored), output.run_count, output.stored,
  };
  static char first[PAGE];
  flush();
  if (output.run_count > 0) put(output.runs, output.run_count * sizeof(struct run));
  flush();
  memcpy(first, &head, sizeof head);
  output.end = 0;
  put(first, PAGE);
  flush();
}

static void close_parent(void) {
  for (uint32_t i = 0; i < parent.deltas; i++) munmap((void *)parent.content[i], parent.sizes[i]);
  if (parent.base > 0) close(parent.base);
  if (parent.sources) munmap(parent.sources, guest.pages * sizeof *parent.sources);
  memset(&parent, 0, sizeof parent);
}

static int map_named(const char *name, size_t least, const char **at, size_t *size) {
  int file = open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  int mapped = map_file(file, least, (const void **)at, size);
  close(file);
  return mapped;
}

static int open_parent(const char *names, uint32_t deltas) {
  size_t size;
  parent.base = open(names, O_RDONLY | O_CLOEXEC);
  if (parent.base < 0 || lseek(parent.base, 0, SEEK_END) != (off_t)(guest.pages * PAGE)) return 0;
  parent.sources = map_zeros(guest.pages * sizeof *parent.sources);
  if (!parent.sources) return 0;
  uint32_t slot = 0;
  for (; parent.deltas < deltas; parent.deltas++) {
    names += strlen(names) + 1;
    const char *content;
    if (!map_named(names, sizeof(struct delta), &content, &size)) return 0;
    parent.content[parent.deltas] = content;
    parent.sizes[parent.deltas] = size;
    int64_t stored = note_runs((const struct delta *)content, size, parent.sources, guest.pages, slot);
    parent.ends[parent.deltas] = slot += stored;
    if (stored < 0) return parent.deltas++, 0;
  }
  return 1;
}

/* Every page on its own is the most runs that there can be. */
static int begin(const char *name, int *pagemap) {
  memset(&output, 0, offsetof(struct output, piece));
  output.end = PAGE;
  output.runs = map_zeros(guest.pages * sizeof(struct run));
  *pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (output.runs && *pagemap >= 0) {
    output.file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (output.file < 0) output.error = errno;
    return 1;
  }
  if (output.runs) munmap(output.runs, guest.pages * sizeof(struct run));
  if (*pagemap >= 0) close(*pagemap);
  return 0;
}

static int save(const char *file, const char *names, uint32_t deltas) {
  int pagemap;
  if (deltas > MAX_DELTAS || !open_parent(names, deltas) || !begin(file, &pagemap)) return EINVAL;
  if (!output.error && !scan_pages(pagemap)) read_pages(pagemap);
  finish();
  if (output.file >= 0 && close(output.file) && !output.error) output.error = errno;
  close(pagemap);
  munmap(output.runs, guest.pages * sizeof(struct run));
  return output.error;
}

int save_memory(const struct memory *memory, const char *file, const char *names, uint32_t deltas, struct saved *saved) {
  guest = *memory;
  const int error = save(file, names, deltas);
  close_parent();
  if (!error) *saved = (struct saved){output.dirty, output.stored};
  return error;
}
