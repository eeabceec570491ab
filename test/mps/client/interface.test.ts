/** The C interface from a guest's side, on 32- and 64-bit platforms, over memory without an emulated CPU. */
import test from 'ava';
import { GuestFault } from '../../../platforms/port.js';
import { FakeGuest, LIVE } from './fake-guest.js';
import { Stopped } from './fake-port.js';
import { there } from '../../there.js';

const OK = 0;
const FAIL = 1;
const COMMIT_LIMIT = 7;
const EXACT = 1;
const AMBIG = 0;
const FINALIZATION = 0;
const GC = 1;
const GC_START = 2;

for (const code of ['lii3gc', 'lii6gc', 'w3i3mv', 'w3i6mv', 'xca6ll']) {
  test(`${code}: a new arena has nothing to collect`, (t) => {
    const g = new FakeGuest(code);
    const arena = g.arena();
    t.is(g.call('mps_arena_collect', arena), FAIL);
    t.is(g.call('mps_arena_start_collect', arena), FAIL);
    t.is(g.call('mps_arena_step', arena, 0.01, 2), 0);
    t.is(g.call('mps_collections', arena), 0);
    t.true(g.call('mps_arena_reserved', arena) >= g.call('mps_arena_committed', arena));
    t.is(g.call('mps_arena_has_addr', arena, 0x1234), 0);
    g.call('mps_arena_destroy', arena);
    t.is(g.output.join(''), '');
  });

  test(`${code}: creators take their keywords and leave the others`, (t) => {
    const g = new FakeGuest(code);
    const list = g.args({ PAUSE_TIME: 0.25, RANK: 3, ARENA_SIZE: 8 << 20, SPARE: 0.5 });
    const rank = g.memory.word(list + g.layouts.arg.size);
    const arena = g.make('mps_arena_create_k', g.call('mps_arena_class_vm'), list);
    t.is(g.memory.word(list), rank);
    t.is(g.memory.word(list + g.layouts.arg.val), 3);
    t.is(g.call('mps_arena_pause_time', arena), 0.25);
    t.is(g.call('mps_arena_spare', arena), 0.5);
    g.call('mps_arena_pause_time_set', arena, 0);
    t.is(g.call('mps_arena_pause_time', arena), 0);
  });

  test(`${code}: MVFF by keywords and by position`, (t) => {
    const g = new FakeGuest(code);
    const arena = g.arena();
    const keyword = g.make('mps_pool_create_k', arena, g.call('mps_class_mvff'), g.args({ EXTEND_BY: 65536 }));
    t.is(g.callVariadic('mps_pool_create', [g.out, arena, g.call('mps_class_mvff')], [65536, 32, 16, 0, 0, 1]), OK);
    const positional = g.memory.word(g.out);
    for (const pool of [keyword, positional]) {
      t.is(g.call('mps_pool_total_size', pool), 0);
      const a = g.make('mps_alloc', pool, 100);
      const b = g.make('mps_alloc', pool, 100);
      t.true(Math.abs(a - b) >= 100);
      t.is(g.call('mps_addr_pool', g.out, arena, a), 1);
      t.is(g.memory.word(g.out), pool);
      g.call('mps_free', pool, a, 100);
      g.call('mps_free', pool, b, 100);
      t.is(g.call('mps_pool_free_size', pool), g.call('mps_pool_total_size', pool));
      g.call('mps_pool_destroy', pool);
    }
    g.call('mps_arena_destroy', arena);
    t.is(g.output.join(''), '');
  });

  test(`${code}: MFS hands back the unit that was freed last`, (t) => {
    const g = new FakeGuest(code);
    const arena = g.arena();
    const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_mfs'), g.args({ MFS_UNIT_SIZE: 24 }));
    const a = g.make('mps_alloc', pool, 24);
    g.make('mps_alloc', pool, 24);
    g.call('mps_free', pool, a, 24);
    t.is(g.make('mps_alloc', pool, 24), a);
  });

  test(`${code}: objects that a table of roots refers to move, and the table follows`, (t) => {
    const g = new FakeGuest(code);
    const arena = g.arena();
    const format = g.format(arena);
    const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_amc'), g.args({ FORMAT: format }));
    const ap = g.make('mps_ap_create_k', pool, g.args({}));
    const table = g.host.static(10 * g.word);
    const root = g.make('mps_root_create_table', arena, EXACT, 0, table, 10);
    for (const type of [FINALIZATION, GC, GC_START]) g.call('mps_message_type_enable', arena, type);
    const old: number[] = [];
    for (let i = 0; i < 100; i++) {
      const object = g.object(ap, [i >= 10 ? old[0] : 0, 0]);
      old.push(object);
      if (i % 10 === 0) g.memory.setWord(table + (i / 10) * g.word, object);
    }
    const dependency = g.host.static(g.layouts.ld.size);
    g.call('mps_ld_reset', dependency, arena);
    t.is(g.call('mps_ld_isstale_any', dependency, arena), 0);
    g.call('mps_ld_add', dependency, arena, old[0]);
    t.is(g.call('mps_arena_collect', arena), OK);
    t.is(g.call('mps_collections', arena), 1);
    t.is(g.call('mps_ld_isstale', dependency, arena, old[0]), 1);
    t.is(g.calls.fwd, 10);
    for (let i = 0; i < 10; i++) {
      const now = g.memory.word(table + i * g.word);
      t.not(now, old[i * 10]);
      t.is(g.memory.word(now), LIVE);
      t.is(g.call('mps_arena_has_addr', arena, now), 1);
      if (i > 0) t.is(g.reference(now, 0), g.memory.word(table));
    }
    t.is(g.call('mps_addr_fmt', g.out, arena, g.memory.word(table)), 1);
    t.is(g.memory.word(g.out), format);
    // The queue: start, then end.
    t.is(g.call('mps_message_queue_type', g.out, arena), 1);
    t.is(g.memory.u32(g.out), GC_START);
    t.is(g.call('mps_message_get', g.out, arena, GC_START), 1);
    const start = g.memory.word(g.out);
    t.true(g.memory.cString(g.call('mps_message_gc_start_why', arena, start)).length > 0);
    g.call('mps_message_discard', arena, start);
    t.is(g.call('mps_message_get', g.out, arena, GC), 1);
    const end = g.memory.word(g.out);
    const size = g.memory.word(old[1] + g.word) || 1;
    t.true(g.call('mps_message_gc_live_size', arena, end) >= 10 * size);
    t.true(g.call('mps_message_gc_condemned_size', arena, end) >= 100 * size);
    t.is(g.call('mps_message_type', arena, end), GC);
    g.call('mps_message_discard', arena, end);
    t.is(g.call('mps_message_poll', arena), 0);
    const seen: number[] = [];
    const stepper = g.host.define((object, fmt, of, p, s) => {
      if (g.memory.word(object) === LIVE) seen.push(object);
      t.deepEqual([fmt, of, p, Number(s)], [format, pool, 0x77, 5]);
    });
    g.call('mps_arena_formatted_objects_walk', arena, stepper, 0x77, g.word === 8 ? 5n : 5);
    t.deepEqual(seen.sort(), Array.from({ length: 10 }, (_, i) => g.memory.word(table + i * g.word)).sort());
    const report = g.mps.report();
    t.is(report.objectsMoved, 10);
    t.is(report.collections, 1);
    g.call('mps_root_destroy', root);
    g.call('mps_ap_destroy', ap);
    g.call('mps_pool_destroy', pool);
    g.call('mps_fmt_destroy', format);
    g.call('mps_arena_destroy', arena);
    t.is(g.output.join(''), '');
  });

  test(`${code}: an ambiguous area with a scanner of the guest's pins what it fixes`, (t) => {
    const g = new FakeGuest(code);
    const arena = g.arena();
    const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_amc'), g.args({ FORMAT: g.format(arena) }));
    const ap = g.make('mps_ap_create_k', pool, g.args({}));
    const area = g.host.static(4 * g.word);
    const w = (n: number): number | bigint => (g.word === 8 ? BigInt(n) : n);
    const { scanTag } = g.layouts;
    const scanner = g.host.define((ss, base, limit, closure) => {
      const [mask, pattern] = [scanTag.mask, scanTag.pattern].map((member) => g.memory.word(closure + member));
      for (let slot = base; slot < limit; slot += g.word) {
        if ((g.memory.u32(slot) & mask) === pattern) g.call('_mps_fix2_host', ss, slot, 0);
      }
      return OK;
    });
    const root = g.make('mps_root_create_area_tagged', arena, AMBIG, 0, area, area + 4 * g.word, scanner, w(3), w(1));
    const held = g.object(ap, [0]);
    const lost = g.object(ap, [0]);
    g.memory.setWord(area, held + 1);
    g.memory.setWord(area + g.word, lost);
    t.is(g.call('mps_arena_collect', arena), OK);
    t.is(g.memory.word(area), held + 1);
    t.is(g.memory.word(held), LIVE);
    t.not(g.memory.word(lost), LIVE);
    t.is(g.mps.report().objectsPinned, 1);
    t.true(there(g.mps.report().pinnedExample).address !== 0);
    g.call('mps_root_destroy', root);
  });

  test(`${code}: a thread's stack keeps what it refers to in place`, (t) => {
    const g = new FakeGuest(code);
    const arena = g.arena();
    const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_amc'), g.args({ FORMAT: g.format(arena) }));
    const ap = g.make('mps_ap_create_k', pool, g.args({}));
    const thread = g.make('mps_thread_reg', arena);
    const root = g.make('mps_root_create_thread', arena, thread, g.host.stack.limit);
    const held = g.object(ap, [0]);
    g.memory.setWord(g.host.stack.limit - 64, held);
    t.is(g.call('mps_arena_collect', arena), OK);
    t.is(g.memory.word(held), LIVE);
    t.is(g.mps.report().objectsMoved, 0);
    g.call('mps_root_destroy', root);
    g.call('mps_thread_dereg', thread);
  });

  test(`${code}: a commit after a flip fails, and succeeds when done again`, (t) => {
    const g = new FakeGuest(code);
    const arena = g.arena();
    const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_amc'), g.args({ FORMAT: g.format(arena) }));
    const ap = g.make('mps_ap_create_k', pool, g.args({}));
    const size = g.word * 8;
    g.object(ap, [0]);
    const p = g.reserve(ap, size);
    t.is(g.call('mps_arena_collect', arena), OK);
    t.is(g.memory.word(ap + g.layouts.ap.limit), 0);
    t.false(g.commit(ap, p, size));
    g.call('mps_arena_release', arena);
    t.is(g.reserve(ap, size), p);
    g.memory.setWord(p, LIVE);
    g.memory.setWord(p + g.word, size);
    t.true(g.commit(ap, p, size));
  });

  test(`${code}: a dead object that is registered for finalization is reported once`, (t) => {
    const g = new FakeGuest(code);
    const arena = g.arena();
    g.call('mps_message_type_enable', arena, FINALIZATION);
    const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_amc'), g.args({ FORMAT: g.format(arena) }));
    const ap = g.make('mps_ap_create_k', pool, g.args({}));
    const slot = g.host.static(g.word);
    g.memory.setWord(slot, g.object(ap, [0x55 * 0]));
    t.is(g.call('mps_finalize', arena, slot), OK);
    t.is(g.call('mps_arena_collect', arena), OK);
    t.is(g.call('mps_message_get', g.out, arena, FINALIZATION), 1);
    const message = g.memory.word(g.out);
    g.call('mps_message_finalization_ref', g.out, arena, message);
    t.is(g.memory.word(g.memory.word(g.out)), LIVE);
    g.memory.setWord(slot, g.memory.word(g.out));
    t.is(g.call('mps_definalize', arena, slot), FAIL);
    g.call('mps_message_discard', arena, message);
    t.is(g.call('mps_message_get', g.out, arena, FINALIZATION), 0);
  });

  test(`${code}: a segregated cache fills a third and empties two`, (t) => {
    const g = new FakeGuest(code);
    const arena = g.arena();
    const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_mvff'), g.args({ ALIGN: 16 }));
    const { sacClass, sac, sacFreelist } = g.layouts;
    const table = g.host.static(3 * sacClass.size);
    [
      [16, 9, 1],
      [32, 6, 2],
      [64, 3, 1],
    ].forEach(([size, count, frequency], i) => {
      g.memory.setWord(table + i * sacClass.size, size);
      g.memory.setWord(table + i * sacClass.size + sacClass.cachedCount, count);
      g.memory.setU32(table + i * sacClass.size + sacClass.frequency, frequency);
    });
    const cache = g.make('mps_sac_create', pool, 3, table);
    const count = (slot: number): number => g.memory.word(cache + sac.freelists + slot * sacFreelist.size + sacFreelist.count);
    t.is(g.memory.word(cache + sac.middle), 32);
    const small = g.make('mps_sac_alloc', cache, 5, 0);
    t.is(count(3), 3);
    const large = g.make('mps_sac_alloc', cache, 50, 0);
    t.is(count(0), 1);
    g.make('mps_sac_alloc', cache, 1000, 0);
    g.call('mps_sac_free', cache, small, 5);
    g.call('mps_sac_free', cache, large, 50);
    t.deepEqual([count(3), count(0)], [4, 2]);
    const more = Array.from({ length: 12 }, () => g.make('mps_alloc', pool, 16));
    for (const block of more) g.call('mps_sac_free', cache, block, 16);
    t.true(count(3) <= 9);
    g.call('mps_sac_flush', cache);
    t.deepEqual([count(3), count(0)], [0, 0]);
    g.call('mps_sac_destroy', cache);
    t.is(g.output.join(''), '');
  });
}

test('the commit limit', (t) => {
  const g = new FakeGuest('lii6gc');
  const arena = g.arena({ SPARE: 0 });
  const committed = g.call('mps_arena_committed', arena);
  t.is(g.call('mps_arena_commit_limit_set', arena, committed - 1), FAIL);
  t.is(g.call('mps_arena_commit_limit_set', arena, committed), OK);
  t.is(g.call('mps_arena_commit_limit', arena), committed);
  g.memory.setWord(g.out, 0x1234);
  const res = g.call('mps_pool_create_k', g.out, arena, g.call('mps_class_mvff'), g.args({}));
  t.is(res === OK ? g.call('mps_alloc', g.out, g.memory.word(g.out), 1 << 20) : res, COMMIT_LIMIT);
});

test('the guest is told of the memory that an arena takes and gives back', (t) => {
  const g = new FakeGuest('lii6gc');
  const seen: [string, number, number][] = [];
  const extended = g.host.define((arena, _base, size) => void seen.push(['+', arena, size]));
  const contracted = g.host.define((arena, _base, size) => void seen.push(['-', arena, size]));
  const arena = g.arena({ arena_extended: extended, arena_contracted: contracted });
  t.deepEqual(
    seen.map(([what, of]) => [what, of]),
    [['+', arena]],
  );
  g.call('mps_arena_destroy', arena);
  t.deepEqual(seen[1], ['-', arena, seen[0][2]]);
});

test('a handle that is destroyed, or of another kind, fails an assertion that the guest can handle', (t) => {
  const g = new FakeGuest('lii6gc');
  const arena = g.arena();
  const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_mvff'), g.args({}));
  g.call('mps_pool_destroy', pool);
  const failed: string[] = [];
  const handler = g.host.define((file, _line, condition) => void failed.push(`${g.memory.cString(file)}: ${g.memory.cString(condition)}`));
  t.not(g.call('mps_lib_assert_fail_install', handler), 0);
  t.throws(() => g.call('mps_pool_total_size', pool), { instanceOf: GuestFault });
  t.throws(() => g.call('mps_pool_total_size', arena), { instanceOf: GuestFault });
  t.throws(() => g.call('mps_pool_total_size', 0), { instanceOf: GuestFault });
  t.deepEqual(failed, Array(3).fill('mps_pool_total_size: TESTT(Pool, pool)'));
  t.is(g.call('mps_lib_assert_fail_install', 0), handler);
});

test('the default handler reports, and ends the guest in the cool variety', (t) => {
  const g = new FakeGuest('lii6gc');
  t.throws(() => g.call('mps_arena_park', 0), { instanceOf: Stopped });
  t.regex(g.output.join(''), /mps_arena_park: MPS ASSERTION FAILED: TESTT\(Arena, arena\)/);
  const hot = new FakeGuest('lii6gc', { variety: 'hot' });
  t.throws(() => hot.call('mps_arena_park', 0), { instanceOf: GuestFault });
  t.regex(hot.output.join(''), /MPS ASSERTION FAILED/);
});

test('what does not exist yet says so by name', (t) => {
  const g = new FakeGuest('lii6gc');
  const arena = g.arena();
  for (const name of ['ams', 'ams_debug', 'awl', 'lo', 'mvff_debug', 'mvt', 'snc']) {
    const cls = g.call(`mps_class_${name}`);
    t.is(g.call(`mps_class_${name}`), cls);
    t.throws(() => g.make('mps_pool_create_k', arena, cls, g.args({})), {
      instanceOf: Stopped,
      message: new RegExp(`${name.toUpperCase()} .*not implemented`),
    });
  }
  t.throws(() => g.make('mps_arena_create_k', g.call('mps_arena_class_cl'), g.args({})), { message: /client arena class/ });
  t.throws(() => g.make('mps_transform_create', arena), { message: /transforms are not implemented/ });
});

test('a bad place for the result faults before anything is done', (t) => {
  const g = new FakeGuest('lii6gc');
  const arena = g.arena();
  const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_mvff'), g.args({}));
  t.throws(() => g.call('mps_alloc', 0x100, pool, 64), { instanceOf: GuestFault });
  t.is(g.call('mps_pool_total_size', pool), 0);
});

test('entering the arena from a format method fails an assertion', (t) => {
  const g = new FakeGuest('lii6gc');
  const arena = g.arena();
  const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_amc'), g.args({ FORMAT: g.format(arena) }));
  const ap = g.make('mps_ap_create_k', pool, g.args({}));
  g.object(ap, [0]);
  const scan = g.host.define(() => {
    t.is(g.call('mps_arena_has_addr', arena, ap), 1);
    g.call('mps_arena_committed', arena);
    return 0;
  });
  const root = g.make('mps_root_create', arena, EXACT, 0, scan, 0, 0n);
  t.throws(() => g.call('mps_arena_collect', arena), { instanceOf: Stopped });
  t.regex(g.output.join(''), /MPS ASSERTION FAILED/);
  t.truthy(root);
});

test('out-parameters in protected memory are stored through the barrier', (t) => {
  const g = new FakeGuest('lii6gc');
  const arena = g.arena();
  const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_mvff'), g.args({}));
  const page = g.make('mps_alloc', pool, 8192);
  const at = Math.ceil(page / 4096) * 4096;
  g.host.port.protSet(at, at + 4096, 2);
  const real = there(g.host.faultHandler);
  g.host.faultHandler = (address, mode) => real(address, mode) || (g.host.port.protSet(at, at + 4096, 0), true);
  t.is(g.call('mps_alloc', at, pool, 64), OK);
  t.true(g.host.faults.length > 0);
  t.is(g.call('mps_addr_pool', g.out, arena, g.memory.word(at)), 1);
});

test('a barrier that goes up during the work delays the storing, not the work', (t) => {
  const g = new FakeGuest('lii6gc');
  const page = Math.ceil(g.host.static(8192) / 4096) * 4096;
  let extensions = 0;
  const extended = g.host.define(() => {
    if (extensions++ > 0) g.host.port.protSet(page, page + 4096, 2);
  });
  const arena = g.arena({ arena_extended: extended });
  const pool = g.make('mps_pool_create_k', arena, g.call('mps_class_mvff'), g.args({}));
  const real = there(g.host.faultHandler);
  g.host.faultHandler = (address, mode) => real(address, mode) || (g.host.port.protSet(page, page + 4096, 0), true);
  const size = 12 << 20;
  t.is(g.call('mps_alloc', page, pool, size), OK);
  t.is(extensions, 2);
  t.deepEqual(g.host.faults, [page]);
  t.is(g.call('mps_pool_total_size', pool), size);
  t.is(g.call('mps_addr_pool', g.out, arena, g.memory.word(page)), 1);
});
