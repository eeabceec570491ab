/* A client of the MPS without manners: format methods and scanning functions that return rubbish, objects used after their end. */
#ifndef ROGUE_MPS_H
#define ROGUE_MPS_H
#include "mps.h"
#include "mpsavm.h"
#include "mpscamc.h"
#include "mpscams.h"
#include "mpscawl.h"
#include "mpsclo.h"
#include "mpscmfs.h"
#include "mpscmvff.h"
#include "rogue.h"

enum { ARENA, CHAIN, FORMAT, POOL, POINT, THREAD, ROOT, OBJECT };

/* How each method behaves, and what it returns when it returns rubbish. */
static struct { unsigned manners; Word rubbish; } methods[6];

static mps_res_t scan(mps_ss_t ss, mps_addr_t base, mps_addr_t limit) {
  Word *at;
  switch (methods[0].manners) {
  case 0: return MPS_RES_OK;
  case 1: return (mps_res_t)methods[0].rubbish;
  case 2: mps_arena_collect((mps_arena_t)objects[ARENA]); return MPS_RES_OK;
  case 3: base = (mps_addr_t)methods[0].rubbish; break;
  case 4: limit = (char *)base + methods[0].rubbish % 100000; break;
  }
  MPS_SCAN_BEGIN(ss) {
    for (at = base; at < (Word *)limit; ++at) {
      mps_addr_t ref = (mps_addr_t)*at;
      mps_res_t res = MPS_FIX12(ss, &ref);
      if (res != MPS_RES_OK) return res;
      *at = (Word)ref;
    }
  } MPS_SCAN_END(ss);
  return MPS_RES_OK;
}
static mps_addr_t skip(mps_addr_t object) {
  if (methods[1].manners == 0) return (mps_addr_t)methods[1].rubbish;
  if (methods[1].manners == 1) return (char *)object + (intptr_t)methods[1].rubbish;
  return (char *)object + 32;
}
static void forward(mps_addr_t from, mps_addr_t to) {
  if (methods[2].manners == 0) return;
  if (methods[2].manners == 1) from = (mps_addr_t)methods[2].rubbish;
  ((Word *)from)[0] = 1, ((Word *)from)[1] = (Word)to;
}
static mps_addr_t forwarded(mps_addr_t object) {
  if (methods[3].manners == 0) return (mps_addr_t)methods[3].rubbish;
  return ((Word *)object)[0] == 1 ? (mps_addr_t)((Word *)object)[1] : NULL;
}
static void pad(mps_addr_t base, size_t size) {
  if (methods[4].manners == 0) memset(base, 0xff, size);
  if (methods[4].manners == 1) memset(base, 0, size + methods[4].rubbish % 5000);
}
static mps_res_t scan_root(mps_ss_t ss, void *p, size_t size) {
  (void)size;
  if (methods[5].manners == 0) return (mps_res_t)methods[5].rubbish;
  return scan(ss, (mps_addr_t)scratch, (Word *)p + methods[5].rubbish % 64);
}

static mps_pool_class_t pool_class(unsigned which) {
  switch (which) {
  case 0: return mps_class_amcz();
  case 1: return mps_class_ams();
  case 2: return mps_class_awl();
  case 3: return mps_class_lo();
  case 4: return mps_class_mfs();
  case 5: return mps_class_mvff();
  default: return mps_class_amc();
  }
}

static void mps_order(Reader *reader) {
  mps_arena_t arena = (mps_arena_t)objects[ARENA];
  mps_addr_t block = NULL;
  unsigned i, count;
  size_t size;
  void *made = NULL;
  switch (below(reader, 16)) {
  case 0:
    MPS_ARGS_BEGIN(args) {
      if (below(reader, 4)) MPS_ARGS_ADD(args, MPS_KEY_ARENA_SIZE, word(reader));
      if (below(reader, 4)) MPS_ARGS_ADD(args, MPS_KEY_COMMIT_LIMIT, word(reader));
      keep(mps_arena_create_k((mps_arena_t *)&made, mps_arena_class_vm(), args));
    } MPS_ARGS_END(args);
    objects[ARENA] = (Word)made;
    break;
  case 1: {
    mps_gen_param_s generations[2] = {{(size_t)word(reader), 0.8}, {64, 1e300}};
    keep(mps_chain_create((mps_chain_t *)&made, arena, 1 + below(reader, 2), generations));
    objects[CHAIN] = (Word)made;
    break;
  }
  case 2:
    MPS_ARGS_BEGIN(args) {
      if (!below(reader, 3)) MPS_ARGS_ADD(args, MPS_KEY_FMT_ALIGN, word(reader));
      if (below(reader, 4)) MPS_ARGS_ADD(args, MPS_KEY_FMT_SCAN, scan);
      if (below(reader, 4)) MPS_ARGS_ADD(args, MPS_KEY_FMT_SKIP, skip);
      if (below(reader, 4)) MPS_ARGS_ADD(args, MPS_KEY_FMT_FWD, forward);
      if (below(reader, 4)) MPS_ARGS_ADD(args, MPS_KEY_FMT_ISFWD, forwarded);
      if (below(reader, 4)) MPS_ARGS_ADD(args, MPS_KEY_FMT_PAD, pad);
      if (!below(reader, 4)) MPS_ARGS_ADD(args, MPS_KEY_FMT_HEADER_SIZE, word(reader));
      keep(mps_fmt_create_k((mps_fmt_t *)&made, arena, args));
    } MPS_ARGS_END(args);
    objects[FORMAT] = (Word)made;
    break;
  case 3:
    MPS_ARGS_BEGIN(args) {
      if (below(reader, 4)) MPS_ARGS_ADD(args, MPS_KEY_FORMAT, (mps_fmt_t)objects[FORMAT]);
      if (!below(reader, 3)) MPS_ARGS_ADD(args, MPS_KEY_CHAIN, (mps_chain_t)objects[CHAIN]);
      if (!below(reader, 3)) MPS_ARGS_ADD(args, MPS_KEY_EXTEND_BY, word(reader));
      if (!below(reader, 3)) MPS_ARGS_ADD(args, MPS_KEY_MFS_UNIT_SIZE, word(reader));
      if (!below(reader, 3)) MPS_ARGS_ADD(args, MPS_KEY_ALIGN, word(reader));
      keep(mps_pool_create_k((mps_pool_t *)&made, arena, pool_class(below(reader, 9)), args));
    } MPS_ARGS_END(args);
    objects[POOL] = (Word)made;
    break;
  case 4:
    keep(mps_ap_create_k((mps_ap_t *)&made, (mps_pool_t)objects[POOL], mps_args_none));
    objects[POINT] = (Word)made;
    break;
  case 5:
  case 6:
  case 7:
    count = below(reader, 2000);
    size = below(reader, 3) ? 32 : (size_t)word(reader);
    for (i = 0; i < count; ++i) {
      mps_ap_t point = (mps_ap_t)objects[POINT];
      if (mps_reserve(&block, point, size) != MPS_RES_OK) break;
      ((Word *)block)[0] = 2, ((Word *)block)[1] = objects[OBJECT], ((Word *)block)[2] = results[i % 16];
      if (mps_commit(point, block, size) && i % 8) objects[OBJECT] = (Word)block;
    }
    scratch[below(reader, 64)] = objects[OBJECT];
    break;
  case 8:
    for (i = 0; i < COUNT(methods); ++i) methods[i].manners = below(reader, 6), methods[i].rubbish = word(reader);
    break;
  case 9: mps_arena_collect(arena); break;
  case 10: keep(mps_arena_start_collect(arena)), mps_arena_step(arena, 0.1, below(reader, 10)); break;
  case 11:
    if (objects[THREAD] == 0) keep(mps_thread_reg((mps_thr_t *)&objects[THREAD], arena));
    switch (below(reader, 5)) {
    case 0: keep(mps_root_create_thread((mps_root_t *)&made, arena, (mps_thr_t)objects[THREAD], (void *)word(reader))); break;
    case 1: keep(mps_root_create((mps_root_t *)&made, arena, below(reader, 5), below(reader, 4), scan_root, (void *)word(reader), word(reader))); break;
    case 2: keep(mps_root_create_table((mps_root_t *)&made, arena, mps_rank_ambig(), 0, (mps_addr_t *)word(reader), word(reader))); break;
    default: keep(mps_root_create_area((mps_root_t *)&made, arena, mps_rank_exact(), 0, scratch, scratch + 64, mps_scan_area, NULL)); break;
    }
    objects[ROOT] = (Word)made;
    break;
  case 12:
    block = (mps_addr_t)word(reader);
    keep(mps_finalize(arena, &block));
    break;
  case 13: {
    mps_message_t message;
    mps_message_type_enable(arena, below(reader, 4));
    while (mps_message_get(&message, arena, below(reader, 4))) {
      mps_message_finalization_ref(&block, arena, message);
      mps_message_discard(arena, message);
    }
    break;
  }
  case 14:
    switch (below(reader, 7)) {
    case 0: mps_arena_destroy((mps_arena_t)objects[ARENA]); break;
    case 1: mps_chain_destroy((mps_chain_t)objects[CHAIN]); break;
    case 2: mps_fmt_destroy((mps_fmt_t)objects[FORMAT]); break;
    case 3: mps_pool_destroy((mps_pool_t)objects[POOL]); break;
    case 4: mps_ap_destroy((mps_ap_t)objects[POINT]); break;
    case 5: mps_thread_dereg((mps_thr_t)objects[THREAD]), objects[THREAD] = 0; break;
    default: mps_root_destroy((mps_root_t)objects[ROOT]); break;
    }
    break;
  default:
    /* What lies in an allocation point, or behind a handle, is the client's to smash. */
    made = (void *)objects[below(reader, 8)];
    if (made) damage(reader, made, 64);
    break;
  }
}

/* A heap that works, to begin with. */
static void begin_mps(void) {
  unsigned i;
  for (i = 0; i < COUNT(methods); ++i) methods[i].manners = 5;
  if (mps_arena_create_k((mps_arena_t *)&objects[ARENA], mps_arena_class_vm(), mps_args_none) != MPS_RES_OK) return;
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FMT_SCAN, scan);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_SKIP, skip);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_FWD, forward);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_ISFWD, forwarded);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_PAD, pad);
    mps_fmt_create_k((mps_fmt_t *)&objects[FORMAT], (mps_arena_t)objects[ARENA], args);
  } MPS_ARGS_END(args);
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FORMAT, (mps_fmt_t)objects[FORMAT]);
    mps_pool_create_k((mps_pool_t *)&objects[POOL], (mps_arena_t)objects[ARENA], mps_class_amc(), args);
  } MPS_ARGS_END(args);
  mps_ap_create_k((mps_ap_t *)&objects[POINT], (mps_pool_t)objects[POOL], mps_args_none);
}
#endif
