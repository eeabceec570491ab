/* An AMC pool whose format lacks a method (the argument names it), filled and collected: the MPS of the hot variety
   reports and goes on, and what it then does is anybody's guess, but it must come to an end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mps.h"
#include "mpsavm.h"
#include "mpscamc.h"

static void check(mps_res_t res, const char *what) {
  if (res == MPS_RES_OK) return;
  printf("%s: %d\n", what, (int)res);
  exit(1);
}

static mps_res_t scan(mps_ss_t ss, mps_addr_t base, mps_addr_t limit) {
  (void)ss, (void)base, (void)limit;
  return MPS_RES_OK;
}
static mps_addr_t skip(mps_addr_t object) { return (char *)object + 16; }
static mps_addr_t stuck(mps_addr_t object) { return object; }
static mps_addr_t isfwd(mps_addr_t object) { (void)object; return NULL; }
static void fwd(mps_addr_t old, mps_addr_t now) { (void)old, (void)now; }
static void pad(mps_addr_t base, size_t size) { (void)base, (void)size; }
static mps_res_t failing(mps_ss_t ss, mps_addr_t base, mps_addr_t limit) {
  (void)ss, (void)base, (void)limit;
  return MPS_RES_FAIL;
}

/* In a frame of its own, wholly on the hot side of `cold`. */
static __attribute__((noinline)) int work(const char *without, void *cold) {
  mps_arena_t arena;
  mps_fmt_t format;
  mps_pool_t pool;
  mps_ap_t ap;
  mps_thr_t thread;
  mps_root_t root;
  mps_addr_t block;
  int i;
  check(mps_arena_create_k(&arena, mps_arena_class_vm(), mps_args_none), "mps_arena_create_k");
  MPS_ARGS_BEGIN(args) {
    if (strcmp(without, "scan") != 0) MPS_ARGS_ADD(args, MPS_KEY_FMT_SCAN, strcmp(without, "failing") == 0 ? failing : scan);
    if (strcmp(without, "skip") != 0) MPS_ARGS_ADD(args, MPS_KEY_FMT_SKIP, strcmp(without, "stuck") == 0 ? stuck : skip);
    if (strcmp(without, "fwd") != 0) MPS_ARGS_ADD(args, MPS_KEY_FMT_FWD, fwd);
    if (strcmp(without, "isfwd") != 0) MPS_ARGS_ADD(args, MPS_KEY_FMT_ISFWD, isfwd);
    if (strcmp(without, "pad") != 0) MPS_ARGS_ADD(args, MPS_KEY_FMT_PAD, pad);
    check(mps_fmt_create_k(&format, arena, args), "mps_fmt_create_k");
  } MPS_ARGS_END(args);
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FORMAT, format);
    check(mps_pool_create_k(&pool, arena, mps_class_amc(), args), "mps_pool_create_k");
  } MPS_ARGS_END(args);
  check(mps_thread_reg(&thread, arena), "mps_thread_reg");
  check(mps_root_create_thread(&root, arena, thread, cold), "mps_root_create_thread");
  check(mps_ap_create_k(&ap, pool, mps_args_none), "mps_ap_create_k");
  for (i = 0; i < 20000; ++i) {
    do check(mps_reserve(&block, ap, 16), "mps_reserve");
    while (!mps_commit(ap, block, 16));
  }
  /* The last one is held by this frame, so its segment is nailed. */
  mps_arena_collect(arena);
  if (strcmp(without, "buffer") == 0) {
    memset(ap, 0, sizeof(mps_ap_s));
    for (i = 0; i < 100; ++i) (void)mps_reserve(&block, ap, 16);
  }
  mps_arena_collect(arena);
  printf("ended%s\n", block ? "" : " without a block");
  return 0;
}

int main(int argc, char **argv) {
  void *cold = &cold;
  return work(argc > 1 ? argv[1] : "", cold);
}
