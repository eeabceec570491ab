/* _mps_fix2 over descriptors that are made up here: what it does itself, and, one condition at a time, what it leaves to
   the host, which knows nothing of this scan and fails an assertion. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include "mps.h"
#include "mpslib.h"
#include "../../../fixtures/guest/mps/descriptors.h"

enum { WORD = sizeof(word), SIZE = 4, ALIGN = 2 * WORD, BITS = 8 * WORD };

/* One chunk with one grain: the white segment. Objects of SIZE words: a forwarding address or 0, and numbers. */
static word from[64], elsewhere[64], to[64];
static struct { struct arena arena; struct chunk chunk; } heap;
static struct { struct nailboard board; const word *tables[2]; } nails;
static word nailed[2], above;
static uint32_t allocated;
static struct tract tract;
static struct segment white, target;
static struct buffer buffer;
static struct format format;
static struct scan scan;
static word *object, *behind;
static jmp_buf landing;

static mps_addr_t is_forwarded(mps_addr_t at) { return (mps_addr_t) * (word *)at; }
static mps_addr_t skip(mps_addr_t at) { return behind ? behind : (word *)at + SIZE; }
static void forward(mps_addr_t at, mps_addr_t now) { *(word *)at = (word)now; }

static void to_host(const char *file, unsigned line, const char *condition) {
  (void)file, (void)line, (void)condition;
  longjmp(landing, 1);
}

static word *aligned(word *at) { return (word *)(((word)at + ALIGN - 1) & ~(word)(ALIGN - 1)); }

/* All is well: an object at the start of the segment can be moved. */
static void make(void) {
  word *base = aligned(from), *room = aligned(to), i;
  memset(&heap, 0, sizeof heap), memset(&nails, 0, sizeof nails), memset(&white, 0, sizeof white);
  memset(&target, 0, sizeof target), memset(&scan, 0, sizeof scan), memset(nailed, 0, sizeof nailed);
  behind = NULL;
  above = 0;
  object = base;
  for (i = 0; i < 8 * SIZE; ++i) base[i] = i % SIZE ? i : 0, room[i] = 0;
  heap.arena.grain_shift = 16;
  heap.arena.chunk_count = 1;
  heap.chunk.base = (word)base, heap.chunk.size = 8 * SIZE * WORD;
  heap.chunk.allocated = &allocated, allocated = 1;
  heap.chunk.tracts = &tract, tract.segment = &white;
  white.white = 1, white.rank_set = 2, white.summary = 5, white.format = &format, white.to = &buffer;
  white.limit = (word)(base + 8 * SIZE), white.interior = 1;
  target.grey = 1, target.rank_set = 2, target.summary = 7;
  buffer.segment = &target, buffer.init = buffer.alloc = (word)room, buffer.limit = (word)(room + 8 * SIZE);
  format.is_forwarded = is_forwarded, format.skip = skip, format.forward = forward;
  format.header_size = 0, format.align_mask = ALIGN - 1;
  nails.board.base = (word)base, nails.board.align_shift = WORD == 8 ? 4 : 3, nails.board.levels = 2;
  nails.tables[0] = nailed, nails.tables[1] = &above;
  scan.magic = SCAN_MAGIC, scan.arena = &heap.arena, scan.traces = 1;
}

static const char *fixed(void) {
  mps_addr_t ref = object;
  mps_res_t res;
  if (setjmp(landing)) return "host";
  res = _mps_fix2(&scan.client, &ref);
  if (res != MPS_RES_OK) return "failed";
  if (ref == (mps_addr_t)object) return scan.fixed ? "stays" : "stays unnoted";
  if (ref != (mps_addr_t)aligned(to) || *object != (word)ref || ((word *)ref)[1] != 1 || ((word *)ref)[3] != 3) return "wrong";
  return buffer.init == (word)ref + SIZE * WORD && buffer.alloc == buffer.init && white.forwarded == SIZE * WORD ? "moves" : "wrong books";
}

#define CASE(change) (make(), (void)(change), printf("%s: %s\n", #change, fixed()))
/* In a nailed segment, with the bit `nail` of its board set. */
#define NAILED(nail, change) \
  (make(), white.nailed = 1, white.board = &nails.board, nailed[(nail) / BITS] = (word)1 << (nail) % BITS, \
   above = (word)1 << (nail) / BITS, (void)(change), printf("nail %d, %s: %s\n", nail, #change, fixed()))

int main(void) {
  mps_lib_assert_fail_install(to_host);
  CASE(0);
  CASE(scan.magic = 0);
  CASE(heap.chunk.base += ALIGN);
  CASE((heap.chunk.base += ALIGN, heap.arena.more_chunks = 1));
  CASE(allocated = 0);
  CASE(tract.segment = NULL);
  CASE(white.white = 2);
  CASE(white.format = NULL);
  CASE(white.protection = 2);
  CASE(++object);
  CASE(format.align_mask = 0);
  CASE(white.summary = 7);
  CASE(white.summary = 13);
  CASE(target.summary = 3);
  CASE(target.grey = 0);
  CASE((target.grey = 0, white.rank_set = 0));
  CASE(white.grey = 2);
  CASE((white.grey = 2, target.grey = 3));
  CASE(target.protection = 1);
  CASE(buffer.limit = 0);
  CASE(buffer.limit = buffer.alloc + SIZE * WORD);
  CASE(buffer.limit = buffer.alloc + SIZE * WORD - ALIGN);
  CASE(behind = object);
  CASE(behind = object - SIZE);
  CASE(behind = object + SIZE + 1);
  CASE(behind = object + 8 * SIZE + 2);
  CASE(white.limit = (word)(object + SIZE));
  CASE(white.limit = (word)(object + SIZE - 2));
  CASE(white.nailed = 1);
  NAILED(0, 0);
  NAILED(1, 0);
  NAILED(2, 0);
  NAILED(1, white.interior = 0);
  NAILED(0, white.interior = 0);
  NAILED(0, white.nailed = 2);
  NAILED(0, behind = object + SIZE + 1);
  return 0;
}
