/* A client whose callbacks call the MPS back where they may not: argv[1] says which callback, and what it calls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mps.h"
#include "mpsavm.h"
#include "mpscamc.h"
#include "mpslib.h"

static mps_arena_t arena;
static mps_ap_t ap;
static const char *from, *what;

static void callback(const char *name) {
  mps_addr_t p;
  if (strcmp(name, from) != 0) return;
  if (strcmp(what, "collect") == 0) mps_arena_collect(arena);
  else if (strcmp(what, "wild") == 0) mps_arena_park((mps_arena_t)&ap);
  else mps_reserve(&p, ap, 1 << 20);
}

static mps_res_t scan(mps_ss_t ss, mps_addr_t base, mps_addr_t limit) {
  (void)ss, (void)base, (void)limit;
  callback("scan");
  return MPS_RES_OK;
}
static mps_addr_t skip(mps_addr_t object) {
  callback("skip");
  return (char *)object + 32;
}
static void fwd(mps_addr_t from_, mps_addr_t to) {
  (void)from_, (void)to;
  callback("fwd");
}
static mps_addr_t isfwd(mps_addr_t object) {
  (void)object;
  return NULL;
}
static void pad(mps_addr_t base, size_t size) {
  (void)base, (void)size;
  callback("pad");
}
static mps_res_t scan_root(mps_ss_t ss, void *p, size_t size) {
  (void)ss, (void)p, (void)size;
  callback("root");
  return MPS_RES_OK;
}
static void fail(const char *file, unsigned line, const char *condition) {
  static int said;
  (void)line;
  if (!said++) printf("%s: %s\n", file, condition), fflush(stdout);
  callback("handler");
}

int main(int argc, char **argv) {
  mps_fmt_t format;
  mps_pool_t pool;
  mps_root_t root;
  mps_addr_t p;
  int i;
  if (argc < 3) return 2;
  from = argv[1];
  what = argv[2];
  mps_lib_assert_fail_install(fail);
  mps_arena_create_k(&arena, mps_arena_class_vm(), mps_args_none);
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FMT_ALIGN, 8);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_SCAN, scan);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_SKIP, skip);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_FWD, fwd);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_ISFWD, isfwd);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_PAD, pad);
    mps_fmt_create_k(&format, arena, args);
  } MPS_ARGS_END(args);
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FORMAT, format);
    mps_pool_create_k(&pool, arena, mps_class_amc(), args);
  } MPS_ARGS_END(args);
  mps_ap_create_k(&ap, pool, mps_args_none);
  mps_root_create(&root, arena, mps_rank_ambig(), 0, scan_root, NULL, 0);
  for (i = 0; i < 100; i++) {
    if (mps_reserve(&p, ap, 32) != MPS_RES_OK) return 3;
    memset(p, 0, 32);
    (void)mps_commit(ap, p, 32);
  }
  if (strcmp(from, "handler") == 0) mps_arena_park((mps_arena_t)&ap);
  mps_arena_collect(arena);
  printf("done\n");
  return 0;
}
