/* A root's scan function, called by the collector, reads what isn't there: the exception goes to the collector's server, which declines. */
#include <mps.h>
#include <mpsavm.h>
#include <mpscamc.h>
#include <stdio.h>
static mps_addr_t skip(mps_addr_t address) { return (char *)address + 16; }
static void forward(mps_addr_t old, mps_addr_t new) { ((mps_addr_t *)old)[1] = new; *(size_t *)old = 1; }
static mps_addr_t is_forwarded(mps_addr_t address) { return *(size_t *)address == 1 ? ((mps_addr_t *)address)[1] : NULL; }
static void pad(mps_addr_t address, size_t size) { (void)address; (void)size; }
static mps_res_t scan(mps_ss_t ss, void *p, size_t s) {
  printf("scanning\n");
  fflush(stdout);
  return *(volatile mps_res_t *)0x48;
}
int main(void) {
  mps_arena_t arena;
  mps_fmt_t format;
  mps_pool_t pool;
  mps_ap_t ap;
  mps_root_t root;
  mps_addr_t object;
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_ARENA_SIZE, 1 << 20);
    if (mps_arena_create_k(&arena, mps_arena_class_vm(), args) != MPS_RES_OK) return 1;
  } MPS_ARGS_END(args);
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FMT_SKIP, skip);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_FWD, forward);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_ISFWD, is_forwarded);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_PAD, pad);
    if (mps_fmt_create_k(&format, arena, args) != MPS_RES_OK) return 2;
  } MPS_ARGS_END(args);
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FORMAT, format);
    if (mps_pool_create_k(&pool, arena, mps_class_amcz(), args) != MPS_RES_OK) return 3;
  } MPS_ARGS_END(args);
  if (mps_ap_create_k(&ap, pool, mps_args_none) != MPS_RES_OK) return 4;
  do {
    if (mps_reserve(&object, ap, 16) != MPS_RES_OK) return 5;
    ((size_t *)object)[0] = 0;
  } while (!mps_commit(ap, object, 16));
  if (mps_root_create(&root, arena, mps_rank_exact(), 0, scan, NULL, 0) != MPS_RES_OK) return 6;
  mps_arena_collect(arena);
  return 0;
}
