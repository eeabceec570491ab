/** Roots of every kind, and threads (mps.h). */
import type { HostCall, HostFunction, Word } from '../../platforms/port.js';
import type { Arena } from '../arena/arena.js';
import { Rank, rankOf, Res } from '../plinth/res.js';
import type { Root } from '../heap/root.js';
import { scanArea, scanAreaTagged, type AreaScan } from '../trace/scan-area.js';
import type { ScanState } from '../trace/scan-state.js';
import type { Thread } from '../heap/thread.js';
import type { Client, Outcome } from './client.js';

export function rootFunctions(client: Client): HostFunction[] {
  const { port } = client;
  const d = client.define;
  /** Structures in guest memory that belong to a root. */
  const tags = new Map<Root, { arena: Arena; address: number }>();

  /** A guest's area scanner. */
  const areaScan =
    (scanner: number, closure: Word): AreaScan =>
    (state, base, limit) =>
      client.scans.scan(state, (ss) => port.callGuest(scanner, 'i(pppw)', [ss, base, limit, closure]));

  const create = (call: HostCall, out: number, a: number, scanner: number, make: (arena: Arena) => Root | number): number =>
    client.storing(call, out, 'mps_root_o', (): Outcome => {
      const arena = client.arena(call, a);
      client.averCool(scanner !== 0, call.fn.name, 'FUNCHECK(scan)');
      return client.created('Root', make(arena), arena);
    });

  /** Make a root whose scanner gets the address of a mps_scan_tag_s that lives as long as the root. */
  const withTag = (arena: Arena, mask: Word, pattern: Word, make: (tag: Word) => Root | number): Root | number => {
    const { scanTag } = client.layouts;
    const tag = arena.controlAlloc(scanTag.size);
    if (tag < 0) return -tag;
    port.memory.setBits(tag + scanTag.mask, mask);
    port.memory.setBits(tag + scanTag.pattern, pattern);
    const root = make(BigInt(tag));
    if (typeof root === 'number') arena.controlFree(tag, scanTag.size);
    else tags.set(root, { arena, address: tag });
    return root;
  };

  const aligned = (call: HostCall, address: number, name: string): void => {
    client.aver(address % client.layouts.word === 0, call.fn.name, `AddrIsAligned(${name}, sizeof(Word))`);
  };
  const threadRoot = (
    call: HostCall,
    out: number,
    a: number,
    t: number,
    scanner: number,
    make: (arena: Arena, thread: Thread) => Root | number,
  ): number => create(call, out, a, scanner, (arena) => make(arena, client.object<Thread>('Thread', call, t, 'thread')));
  const ANY_SCANNER = 1;
  const plainThreadRoot = (
    call: HostCall,
    out: number,
    a: number,
    rank: number,
    mode: number,
    t: number,
    scanner: number,
    cold: number,
  ): number =>
    threadRoot(call, out, a, t, scanner, (arena, thread) =>
      arena.rootCreateThread(rankOf(rank), mode, thread, scanAreaTagged(BigInt(client.layouts.word - 1), 0n), cold),
    );

  return [
    d('mps_root_create', 'i(ppuupww)', (call, out, a, rank, mode, scanner, p, s) =>
      create(call, out, a, scanner, (arena) => {
        const scan = (state: ScanState): Res => client.scans.scan(state, (ss) => port.callGuest(scanner, 'i(pww)', [ss, p, s]));
        return arena.rootCreate(rankOf(rank), mode, scan);
      }),
    ),
    d('mps_root_create_area', 'i(ppuupppw)', (call, out, a, rank, mode, base, limit, scanner, closure) =>
      create(call, out, a, scanner, (arena) => {
        aligned(call, base, 'base');
        aligned(call, limit, 'limit');
        return arena.rootCreateArea(rankOf(rank), mode, base, limit, areaScan(scanner, closure));
      }),
    ),
    d('mps_root_create_area_tagged', 'i(ppuupppww)', (call, out, a, rank, mode, base, limit, scanner, mask, pattern) =>
      create(call, out, a, scanner, (arena) => {
        return withTag(arena, mask, pattern, (tag) => arena.rootCreateArea(rankOf(rank), mode, base, limit, areaScan(scanner, tag)));
      }),
    ),
    d('mps_root_create_table', 'i(ppuupz)', (call, out, a, rank, mode, base, count) =>
      create(call, out, a, ANY_SCANNER, (arena) => {
        return arena.rootCreateArea(rankOf(rank), mode, base, base + count * client.layouts.word, scanArea);
      }),
    ),
    d('mps_root_create_table_masked', 'i(ppuupzw)', (call, out, a, rank, mode, base, count, mask) =>
      create(call, out, a, ANY_SCANNER, (arena) => {
        return arena.rootCreateArea(rankOf(rank), mode, base, base + count * client.layouts.word, scanAreaTagged(mask, 0n));
      }),
    ),
    d('mps_root_create_fmt', 'i(ppuuppp)', (call, out, a, rank, mode, scanner, base, limit) =>
      create(call, out, a, scanner, (arena) => {
        const scan = (state: ScanState, from: number, to: number): Res =>
          client.scans.scan(state, (ss) => port.callGuest(scanner, 'i(ppp)', [ss, from, to]));
        return arena.rootCreateFmt(rankOf(rank), mode, scan, base, limit);
      }),
    ),
    d('mps_root_create_thread', 'i(pppp)', (call, out, a, t, cold) => plainThreadRoot(call, out, a, Rank.AMBIG, 0, t, ANY_SCANNER, cold)),
    d('mps_root_create_reg', 'i(ppuupppz)', (call, out, a, rank, mode, t, scanner, cold, _size) => {
      client.aver(scanner !== 0, call.fn.name, 'mps_reg_scan != NULL');
      return plainThreadRoot(call, out, a, rank, mode, t, scanner, cold);
    }),
    d('mps_root_create_thread_tagged', 'i(ppuuppwwp)', (call, out, a, rank, mode, t, scanner, mask, pattern, cold) =>
      threadRoot(call, out, a, t, scanner, (arena, thread) =>
        withTag(arena, mask, pattern, (tag) => arena.rootCreateThread(rankOf(rank), mode, thread, areaScan(scanner, tag), cold)),
      ),
    ),
    d('mps_root_create_thread_scanned', 'i(ppuuppwp)', (call, out, a, rank, mode, t, scanner, closure, cold) =>
      threadRoot(call, out, a, t, scanner, (arena, thread) =>
        arena.rootCreateThread(rankOf(rank), mode, thread, areaScan(scanner, closure), cold),
      ),
    ),
    // Only its address is of use, as an argument of mps_root_create_reg.
    d('mps_stack_scan_ambig', 'i(pppz)', (call) => {
      client.aver(false, call.fn.name, 'unreachable code');
      return Res.UNIMPL;
    }),
    d('mps_root_destroy', 'v(p)', (call, r) => {
      const root = client.object<Root>('Root', call, r, 'root');
      root.destroy();
      client.handles.drop(r);
      const tag = tags.get(root);
      if (tag) tag.arena.controlFree(tag.address, client.layouts.scanTag.size);
      tags.delete(root);
    }),

    d('mps_thread_reg', 'i(pp)', (call, out, a) =>
      client.storing(call, out, 'mps_thr_o', () => {
        const arena = client.arena(call, a);
        return client.created('Thread', arena.threadReg(), arena);
      }),
    ),
    d('mps_thread_dereg', 'v(p)', (call, t) => {
      if (!client.aver(client.handles.find('Thread', t) !== undefined, call.fn.name, 'SigCheck Thread: thread')) client.wildRead(call, t);
      client.object<Thread>('Thread', call, t, 'thread').dereg();
      client.handles.drop(t);
    }),
  ];
}
