/*
 * What the host sent before anybody asked for it: attributes and small files that, going by the order in which a folder's
 * files are being read, will be asked for next. A request that one of them answers is answered here, without a round trip
 * to the host, which under emulation costs more than reading the file.
 *
 * Nothing is lost to the trace by that: each answer given here is noted before it is given, by the serial number that the
 * host gave the item, and the host is told in time: with the next request, when there are several, and at the latest
 * before the machine is frozen (pump.c). All items are dropped, and zeroed for the snapshot's sake, at each freeze and
 * whenever the host says that something changed.
 * (A LOOKUP's item has the name after the reply's body.)
 *
 * Host to guest: fuse_out_header with unique 0 and error LAYER_AHEAD, then items, each `struct item` and its payload: the
 * body of the reply. Guest to host: fuse_in_header with opcode LAYER_AHEAD, then the serials as u64. If its unique is not 0
 * it asks for an empty reply. The host's side is fs-tracer/ahead.ts.
 */
#define _GNU_SOURCE
#include <linux/fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include "guest.h"

enum { ATTRIBUTES = 4096, CONTENTS = 2048, NAMES = 1024, NAME_BYTES = 112, ARENA_BYTES = 2 << 20 };
/* What the use of an item weighs until the host should know, to send more: as long as half of what it sends at most. */
enum { NOTES_ENOUGH = 64, WEIGHT_OF_ATTRIBUTES = 1, WEIGHT_OF_CONTENT = 2, WEIGHT_OF_LISTING = 12 };

struct item {
  uint32_t size, opcode; /* bytes of this and its payload; what it answers */
  uint64_t serial, node, offset; /* serial 0: nothing is learned from it, so it is not noted */
};

/* Both tables are found by the node's number, which neighbours have in turn; who comes later replaces who was there. */
static struct attributes {
  uint64_t node, serial;
  struct fuse_attr_out body;
} attributes[ATTRIBUTES];
static struct content {
  uint64_t node, serial, offset;
  uint32_t opcode, size, at;
} contents[CONTENTS];
static struct name {
  uint64_t folder, serial;
  struct fuse_entry_out body;
  uint32_t size;
  char name[NAME_BYTES];
} names[NAMES];
static char arena[ARENA_BYTES];
static uint32_t arena_next, arena_used;
/* Where in `contents` what lies in the arena is noted, in the arena's order: the oldest is overwritten first. */
static struct kept {
  uint32_t place, at;
} order[CONTENTS];
static uint32_t order_first, order_count;
static bool anything;

static struct {
  struct fuse_in_header header;
  uint64_t serials[AHEAD_NOTES_MAX];
} notes;
_Static_assert(sizeof notes <= AHEAD_NOTES_BYTES, "a message of notes fits the room for it");
static unsigned noted, weight;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void note(uint64_t *serial, unsigned weighs) {
  if (*serial == 0) return;
  weight += weighs;
  notes.serials[noted++] = *serial;
  *serial = 0;
}

size_t ahead_notes(const void **message, uint64_t unique) {
  *message = &notes;
  if (noted == 0 && unique == 0) return 0;
  size_t size = sizeof notes.header + noted * sizeof notes.serials[0];
  notes.header = (struct fuse_in_header){.len = size, .opcode = LAYER_AHEAD, .unique = unique};
  noted = weight = 0;
  return size;
}

bool ahead_notes_pressing(void) { return weight >= NOTES_ENOUGH; }

static bool reply(int device, uint64_t unique, void *body, size_t size) {
  struct fuse_out_header header = {.len = sizeof header + size, .unique = unique};
  struct iovec parts[] = {{&header, sizeof header}, {body, size}};
  /* It fails where the request was interrupted meanwhile: that is an answer, too. */
  (void)!writev(device, parts, 2);
  return true;
}

static bool answer_attributes(int device, const struct fuse_in_header *request) {
  struct attributes *found = &attributes[request->nodeid % ATTRIBUTES];
  if (found->node != request->nodeid || found->node == 0) return false;
  note(&found->serial, WEIGHT_OF_ATTRIBUTES);
  found->node = 0; /* the kernel keeps it now */
  return reply(device, request->unique, &found->body, sizeof found->body);
}

static struct name *name_place(uint64_t folder, const char *name, size_t size) {
  uint64_t hash = folder;
  for (size_t at = 0; at < size; at++) hash = hash * 31 + (unsigned char)name[at];
  return &names[hash % NAMES];
}

static bool answer_name(int device, const struct fuse_in_header *request) {
  const char *name = (const char *)(request + 1);
  size_t size = strnlen(name, request->len - sizeof *request);
  struct name *found = name_place(request->nodeid, name, size);
  if (found->folder != request->nodeid || found->folder == 0 || found->size != size || memcmp(found->name, name, size))
    return false;
  note(&found->serial, WEIGHT_OF_ATTRIBUTES);
  found->folder = 0;
  return reply(device, request->unique, &found->body, sizeof found->body);
}

static struct content *content_place(uint64_t node, uint64_t offset) {
  return &contents[(node * 31 + offset) % CONTENTS];
}

static bool answer_content(int device, const struct fuse_in_header *request) {
  const struct fuse_read_in *asked = (const struct fuse_read_in *)(request + 1);
  bool page = request->opcode == FUSE_READDIRPLUS; /* of a listing: its offset counts names, and it is taken whole */
  struct content *found = content_place(request->nodeid, page ? asked->offset : 0);
  if (found->node != request->nodeid || found->node == 0 || found->opcode != request->opcode) return false;
  if (page ? asked->offset != found->offset || asked->size < found->size : asked->offset > found->size) return false;
  uint32_t skipped = page ? 0 : asked->offset, rest = found->size - skipped;
  note(&found->serial, page ? WEIGHT_OF_LISTING : WEIGHT_OF_CONTENT);
  if (rest <= asked->size) found->node = 0;
  return reply(device, request->unique, arena + found->at + skipped, rest < asked->size ? rest : asked->size);
}

bool ahead_answer(int device, const struct fuse_in_header *request) {
  if (!anything || noted == AHEAD_NOTES_MAX) return false;
  bool answered = false;
  pthread_mutex_lock(&lock);
  if (request->opcode == FUSE_GETATTR) answered = answer_attributes(device, request);
  if (request->opcode == FUSE_LOOKUP) answered = answer_name(device, request);
  if (request->opcode == FUSE_READ || request->opcode == FUSE_READDIRPLUS) answered = answer_content(device, request);
  pthread_mutex_unlock(&lock);
  return answered;
}

static void drop_oldest(void) {
  struct kept oldest = order[order_first];
  if (contents[oldest.place].at == oldest.at) contents[oldest.place].node = 0; /* else another one has its place */
  order_first = (order_first + 1) % CONTENTS;
  order_count--;
}

/* What lies in [from, to), and before it in the order. */
static void drop_overwritten(uint32_t from, uint32_t to) {
  while (order_count > 0 && order[order_first].at >= from && order[order_first].at < to) drop_oldest();
}

static void make_room(uint32_t size) {
  if (arena_next + size > ARENA_BYTES) {
    drop_overwritten(arena_next, ARENA_BYTES);
    arena_next = 0;
  }
  drop_overwritten(arena_next, arena_next + size);
  if (order_count == CONTENTS) drop_oldest();
}

static void keep_content(const struct item *item, const char *payload, uint32_t size) {
  if (size > ARENA_BYTES) return;
  make_room(size);
  memcpy(arena + arena_next, payload, size);
  struct content *place = content_place(item->node, item->offset);
  *place = (struct content){item->node, item->serial, item->offset, item->opcode, size, arena_next};
  order[(order_first + order_count++) % CONTENTS] = (struct kept){place - contents, arena_next};
  arena_next += size;
  if (arena_next > arena_used) arena_used = arena_next;
}

static void keep_name(const struct item *item, const char *payload, uint32_t size) {
  if (size <= sizeof(struct fuse_entry_out) || size > sizeof(struct fuse_entry_out) + NAME_BYTES) return;
  const char *name = payload + sizeof(struct fuse_entry_out);
  size -= sizeof(struct fuse_entry_out);
  struct name *place = name_place(item->node, name, size);
  place->folder = item->node;
  place->serial = item->serial;
  place->size = size;
  memcpy(&place->body, payload, sizeof place->body);
  memcpy(place->name, name, size);
}

static void keep(const struct item *item, const char *payload, uint32_t size) {
  struct attributes *place = &attributes[item->node % ATTRIBUTES];
  if (item->opcode == FUSE_LOOKUP) {
    keep_name(item, payload, size);
  } else if (item->opcode != FUSE_GETATTR) {
    keep_content(item, payload, size);
  } else if (size == sizeof place->body) {
    place->node = item->node;
    place->serial = item->serial;
    memcpy(&place->body, payload, size);
  }
}

void ahead_take(const char *items, size_t size) {
  pthread_mutex_lock(&lock);
  anything = true;
  for (struct item item; size >= sizeof item; items += item.size, size -= item.size) {
    memcpy(&item, items, sizeof item);
    if (item.size < sizeof item || item.size > size) break;
    keep(&item, items + sizeof item, item.size - sizeof item);
  }
  pthread_mutex_unlock(&lock);
}

void ahead_drop(void) {
  if (!anything) return;
  pthread_mutex_lock(&lock);
  memset(attributes, 0, sizeof attributes);
  memset(contents, 0, sizeof contents);
  memset(names, 0, sizeof names);
  memset(arena, 0, arena_used);
  arena_next = arena_used = order_first = order_count = 0;
  anything = false;
  pthread_mutex_unlock(&lock);
}
