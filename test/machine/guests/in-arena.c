/* A client of the MPS that dies: by itself, with an arena there whose handler sees the fault first; in a function that a
   collection has called; in a handler of failed assertions. */
#include <stdint.h>
#include <stdlib.h>
#include "mps.h"
#include "mpsavm.h"
#include "mpscamc.h"

#define OWN static __attribute__((noinline))
static volatile int how;

OWN void dies(int *place) {
  if (how == 'f' || how == 'c') *place = 1; /* FAULTS */
  abort(); /* ABORTS */
}
OWN void deep(int *place) { dies(place), how++; /* DEEP */ }

OWN mps_res_t scans(mps_ss_t ss, void *p, size_t s) {
  if (how != 'f') deep(p), how++; /* SCANS */
  return MPS_RES_OK;
}
OWN mps_res_t scan(mps_ss_t ss, mps_addr_t base, mps_addr_t limit) { return MPS_RES_OK; }
OWN mps_addr_t skip(mps_addr_t object) { return (char *)object + 16; }
OWN mps_addr_t is_forwarded(mps_addr_t object) { return NULL; }
OWN void forward(mps_addr_t old, mps_addr_t new) { }
OWN void pad(mps_addr_t object, size_t size) { }

OWN void collects(mps_arena_t arena) { mps_arena_collect(arena), how++; /* COLLECTS */ }

int main(int argc, char **argv) {
  mps_arena_t arena;
  mps_fmt_t format;
  mps_pool_t pool;
  mps_ap_t ap;
  mps_addr_t object;
  mps_root_t root;
  if (mps_arena_create_k(&arena, mps_arena_class_vm(), mps_args_none) != MPS_RES_OK) return 2;
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FMT_SCAN, scan);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_SKIP, skip);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_FWD, forward);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_ISFWD, is_forwarded);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_PAD, pad);
    if (mps_fmt_create_k(&format, arena, args) != MPS_RES_OK) return 3;
  } MPS_ARGS_END(args);
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FORMAT, format);
    if (mps_pool_create_k(&pool, arena, mps_class_amc(), args) != MPS_RES_OK) return 4;
  } MPS_ARGS_END(args);
  if (mps_ap_create_k(&ap, pool, mps_args_none) != MPS_RES_OK) return 5;
  do if (mps_reserve(&object, ap, 16) != MPS_RES_OK) return 6;
  while (!mps_commit(ap, object, 16));
  if (mps_root_create(&root, arena, mps_rank_exact(), 0, scans, (void *)8, 0) != MPS_RES_OK) return 7;
  how = argv[1][0];
  if (how == 'f') deep((int *)8), how++; /* MAIN f */
  collects(arena); /* MAIN c */
  return how;
}
