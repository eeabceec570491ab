/** Arenas for clients: the functions of mps.h that take an arena, each with its entry and exit. */
import type { Port } from '../../platforms/port.js';
import { peek, poke } from '../trace/access.js';
import { ArenaStruct, POOL_WORDS, type ArenaOptions } from './arena-struct.js';
import { Chain, checkGenParams, type GenParam } from '../heap/chain.js';
import { Format, type FormatArgs, type FormatMethods } from '../heap/format.js';
import type { Message } from '../heap/message.js';
import { Plinth } from '../plinth/plinth.js';
import type { Pool, PoolArgs, PoolClass } from '../heap/pool.js';
import { MRGPool } from '../pool/mrg.js';
import { failureOf, Rank, Res } from '../plinth/res.js';
import { Root, RootMode, type RootSpec } from '../heap/root.js';
import type { AreaScan } from '../trace/scan-area.js';
import type { ScanState } from '../trace/scan-state.js';
import { Thread } from '../heap/thread.js';
import { TraceWhy } from '../trace/trace.js';

export type { ArenaOptions } from './arena-struct.js';
export type { TestHooks } from '../plinth/test-hooks.js';

const DEFAULT_SIZE = 2 ** 28;

export class Arena extends ArenaStruct {
  private mrg: MRGPool | undefined;
  private rootSerial = 0;

  static create(port: Port, options: ArenaOptions = {}): Arena | Res {
    const plinth = options.plinth ?? new Plinth();
    const { pageSize, wordSize, mpsAlign } = port.platform;
    const asked = options.grainSize ?? pageSize;
    // A grain below the page size is rounded up before it is checked: 1 is as good as any.
    const grain = Math.max(asked, pageSize);
    plinth.aver(Number.isInteger(Math.log2(grain)) && grain % mpsAlign === 0, 'arenaCreate', 'ArenaGrainSizeCheck(grainSize)');
    const size = Math.ceil(Math.max(options.size ?? DEFAULT_SIZE, grain * wordSize * 8) / grain) * grain;
    if (grain > 2 ** Math.floor(Math.log2(size / (wordSize * 8)))) return Res.MEMORY;
    plinth.aver(options.pauseTime === undefined || options.pauseTime >= 0, 'ArenaCheck', '0.0 <= arena->pauseTime');
    let { spare } = options;
    if (spare === undefined && options.spareCommitLimit !== undefined) {
      const limit = options.commitLimit ?? 2 ** (wordSize * 8) - 1;
      spare = limit > 0 && limit <= options.spareCommitLimit ? options.spareCommitLimit / limit : 1;
    }
    plinth.aver(spare === undefined || (spare >= 0 && spare <= 1), 'ArenaCheck', 'arena->spare <= 1.0');

    // The arena structure has a reservation of its own.
    const structReserved = grain + grain - pageSize;
    const base = port.vmReserve(structReserved, { topDown: false });
    if (base === undefined) return Res.RESOURCE;
    const address = Math.ceil(base / grain) * grain;
    if (!port.vmMap(address, address + grain)) {
      port.vmRelease(base, structReserved);
      return Res.MEMORY;
    }
    const structure = { base, size: structReserved };
    const arena = new Arena(port, { ...options, plinth, ...(spare === undefined ? {} : { spare }) }, address, structure, grain, size);
    const res = arena.start();
    if (res !== Res.OK) {
      arena.vm.finish();
      port.vmUnmap(address, address + grain);
      port.vmRelease(base, structReserved);
      return res;
    }
    if (port.events.on) port.events.emit('arena-create', { arena: address, size, grain, zoneShift: arena.zones.shift });
    return arena;
  }

  destroy(): void {
    this.enter();
    const { plinth } = this;
    this.collector.park();
    plinth.aver(!this.traces.busy, 'GlobalsPrepareToDestroy', 'arena->busyTraces == TraceSetEMPTY');
    this.defaultChain.finish();
    this.messages.finish();
    if (this.mrg) {
      this.dropPool(this.mrg);
      this.systemPools--;
    }
    plinth.aver(this.formats.size === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arena->formatRing)');
    plinth.aver(this.chains.size === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arena->chainRing)');
    plinth.aver(this.threads.alive.size === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arena->threadRing)');
    plinth.aver(this.threads.dead.size === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arena->deadRing)');
    plinth.aver(this.roots.size === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arenaGlobals->rootRing)');
    plinth.aver(
      this.traces.greyRings.every((r) => r.isEmpty),
      'GlobalsPrepareToDestroy',
      'RingIsSingle(&arena->greyRing[rank])',
    );
    plinth.aver(
      this.pools.size === this.systemPools,
      'GlobalsPrepareToDestroy',
      'RingLength(&arenaGlobals->poolRing) == arenaGlobals->systemPools',
    );
    this.leave();
    this.ring.remove(this);
    this.noteMoved();
    this.exists = false;
    this.vm.finish();
    this.port.vmUnmap(this.address, this.address + this.grain);
    this.port.vmRelease(this.structure.base, this.structure.size);
  }

  vmGrowth(desired: number, minimum: number): Res {
    return this.inside(() => {
      if (!this.plinth.aver(desired >= minimum, 'ArenaVMGrowth', 'desired >= minimum')) return Res.FAIL;
      this.vm.chunks.extendBy = desired;
      this.vm.chunks.extendMin = minimum;
      return Res.OK;
    });
  }
  reserved(): number {
    return this.inside(() => this.vm.reserved);
  }
  committed(): number {
    return this.inside(() => this.vm.committed);
  }
  spareCommitted(): number {
    return this.inside(() => this.vm.spareCommitted);
  }
  commitLimit(): number {
    return this.inside(() => this.vm.commitLimit);
  }
  commitLimitSet(limit: number): Res {
    return this.inside(() => this.vm.setCommitLimit(limit));
  }
  spare(): number {
    return this.inside(() => this.vm.spareFraction);
  }
  spareSet(fraction: number): void {
    this.inside(() => {
      if (!this.plinth.aver(fraction >= 0 && fraction <= 1, 'ArenaSetSpare', 'spare <= 1.0')) return;
      this.vm.spareFraction = fraction;
      this.vm.trimSpare();
    });
  }
  spareCommitLimit(): number {
    return this.inside(() => Math.floor(this.vm.spareFraction * this.vm.committed));
  }
  spareCommitLimitSet(bytes: number): void {
    this.spareSet(Math.min(1, bytes / this.vm.committed));
  }
  pauseTime(): number {
    return this.inside(() => this.collector.pauseTime);
  }
  pauseTimeSet(seconds: number): void {
    this.inside(() => {
      if (this.plinth.aver(seconds >= 0, 'ArenaSetPauseTime', '0.0 <= pauseTime')) this.collector.pauseTime = seconds;
    });
  }

  // State and collection.
  clamp(): void {
    this.inside(() => this.collector.clamp());
  }
  park(): void {
    this.inside(() => this.collector.park());
  }
  release(): void {
    this.inside(() => this.collector.release());
  }
  startCollect(): Res {
    return this.inside(() => this.collector.startCollect(TraceWhy.CLIENTFULL_INC));
  }
  collect(): Res {
    return this.inside(() => {
      const res = this.collector.startCollect(TraceWhy.CLIENTFULL_BLOCK);
      if (res === Res.OK) this.collector.park();
      return res;
    });
  }
  step(interval: number, multiplier: number): boolean {
    return this.inside(() => {
      const ok = this.plinth.aver(interval >= 0, 'ArenaStep', 'interval >= 0.0');
      if (!this.plinth.aver(multiplier >= 0, 'ArenaStep', 'multiplier >= 0.0') || !ok) return false;
      return this.collector.step(interval, multiplier);
    });
  }
  collections(): number {
    return this.history.epoch;
  }
  postmortem(): void {
    this.lock = 0;
    this.shield.inside = false;
    this.ring.remove(this);
    this.collector.clamp();
    for (const chunk of this.vm.chunks.ring) {
      for (const { first, end } of chunk.mapped.runs()) this.port.protSet(chunk.address(first), chunk.address(end), 0);
    }
  }

  // Introspection: callable inside the arena.
  busy(): boolean {
    return this.lock > 0;
  }
  hasAddr(address: number): boolean {
    return this.vm.poolOf(address) !== undefined;
  }
  addrPool(address: number): Pool | undefined {
    return this.vm.poolOf(address);
  }
  addrFmt(address: number): Format | undefined {
    return this.vm.poolOf(address)?.format;
  }
  addrObject(address: number): number {
    return this.inside(() => this.vm.poolOf(address)?.addrObject(address) ?? -Res.FAIL);
  }

  // Creators.
  private create<T>(words: number, make: (address: number) => T): T | Res {
    return this.inside(() => {
      const block = this.controlAlloc(words * this.wordSize);
      return block < 0 ? failureOf(block) : make(block);
    });
  }
  fmtCreate(args: { align?: number; headerSize?: number; methods: Partial<FormatMethods> } & FormatArgs): Format | Res {
    return this.create(Format.blockWords, (address) => {
      const format = new Format(this, address, args, this.formats);
      this.formats.add(format);
      return format;
    });
  }
  chainCreate(gens: readonly GenParam[]): Chain | Res {
    return this.inside(() => {
      const res = checkGenParams(this, gens);
      if (res !== Res.OK) return res;
      const block = this.controlAlloc(Chain.size(this, gens.length));
      if (block < 0) return failureOf(block);
      const chain = new Chain(this, block, gens, this.topGen, this.chains);
      this.chains.add(chain);
      return chain;
    });
  }
  poolCreate(cls: PoolClass, args: PoolArgs = {}): Pool | Res {
    return this.inside(() => this.newPool(cls, args));
  }
  newPool(cls: PoolClass, args: PoolArgs): Pool | Res {
    const size = POOL_WORDS * this.wordSize;
    const block = this.controlAlloc(size);
    if (block < 0) return failureOf(block);
    const pool = cls.create(this, args, block);
    pool.blockSize = size;
    if (pool.format) pool.format.poolCount++;
    this.pools.add(pool);
    return pool;
  }
  override removePool(pool: Pool): void {
    this.dropPool(pool);
  }
  private dropPool(pool: Pool): void {
    pool.finishPool();
    if (pool.format) pool.format.poolCount--;
    this.pools.delete(pool);
    this.controlFree(pool.address, pool.blockSize);
  }

  private rootCreateSpec(spec: RootSpec): Root | Res {
    return this.create(Root.blockWords, (address) => {
      const root = new Root(this, address, ++this.rootSerial, spec, this.roots);
      if (root.isProtectable && [...this.roots].some((r) => r.isProtectable && r.overlaps(root))) {
        this.plinth.notReached('rootCreateProtectable');
        root.finish();
        return Res.FAIL;
      }
      this.roots.add(root);
      if (root.isProtectable) this.ring.noteProtectableRoot(this);
      return root;
    });
  }
  rootCreate(rank: Rank, mode: number, scan: (ss: ScanState) => Res): Root | Res {
    this.plinth.aver(mode === 0, 'mps_root_create', 'mps_rm == (mps_rm_t)0');
    return this.rootCreateSpec({ kind: 'function', rank, mode, scan });
  }
  rootCreateArea(rank: Rank, mode: number, base: number, limit: number, scan: AreaScan): Root | Res {
    if (!this.plinth.aver(base !== 0 && base < limit, 'RootCreateArea', 'base < limit')) return Res.PARAM;
    return this.rootCreateSpec({ kind: 'area', rank, mode, base, limit, scan: (ss) => scan(ss, base, limit) });
  }
  rootCreateFmt(rank: Rank, mode: number, scan: FormatMethods['scan'], base: number, limit: number): Root | Res {
    if (!this.plinth.aver(base !== 0 && base < limit, 'RootCreateFmt', 'base < limit')) return Res.PARAM;
    const scanFmt = (ss: ScanState): Res => {
      ss.scannedSize += limit - base;
      return scan(ss, base, limit);
    };
    return this.rootCreateSpec({ kind: 'formatted', rank, mode, base, limit, scan: scanFmt });
  }
  rootCreateThread(rank: Rank, mode: number, thread: Thread, scan: AreaScan, cold: number): Root | Res {
    const { plinth } = this;
    const ok =
      plinth.aver(cold !== 0, 'RootCreateThread', 'cold != NULL') &&
      plinth.aver(cold % this.wordSize === 0, 'RootCreateThread', 'AddrIsAligned(cold, sizeof(Word))') &&
      plinth.aver(rank === Rank.AMBIG, 'RootCreateThread', 'rank == RankAMBIG') &&
      plinth.aver((mode & (RootMode.PROT | RootMode.CONST)) === 0, 'RootCreateThread', 'mode == 0') &&
      plinth.aver(thread.arena === this, 'RootCreateThread', 'ThreadArena(thread) == arena');
    if (!ok) return Res.PARAM;
    return this.rootCreateSpec({ kind: 'thread', rank, mode, scan: (ss) => thread.scan(ss, cold, scan) });
  }
  threadReg(): Thread | Res {
    return this.inside(() => {
      const block = this.controlAlloc(Thread.blockWords * this.wordSize);
      if (block < 0) return failureOf(block);
      const registered = this.port.threadRegister();
      if (!registered) {
        this.controlFree(block, Thread.blockWords * this.wordSize);
        return Res.RESOURCE;
      }
      const thread = new Thread(this, block, registered, this.threads);
      this.threads.alive.add(thread);
      return thread;
    });
  }

  // Messages and finalization.
  messageTypeEnable(type: number): void {
    this.inside(() => this.messages.enable(type));
  }
  messageTypeDisable(type: number): void {
    this.inside(() => this.messages.disable(type));
  }
  messagePoll(): boolean {
    return this.inside(() => this.messages.queue.length > 0);
  }
  messageQueueType(): number | undefined {
    return this.inside(() => this.messages.queue[0]?.type);
  }
  messageGet(type: number): Message | undefined {
    return this.inside(() => this.messages.get(type));
  }
  messageDiscard(message: Message): void {
    this.inside(() => this.messages.discard(message));
  }
  finalize(slot: number): Res {
    return this.inside(() => {
      const object = peek(this, slot);
      const pool = this.vm.poolOf(object);
      if (!this.plinth.aver(pool !== undefined, 'ArenaFinalize', 'PoolOfAddr(&refpool, arena, (Addr)obj)') || !pool) return Res.FAIL;
      if (!this.plinth.aver(pool.isGC, 'ArenaFinalize', 'PoolHasAttr(refpool, AttrGC)')) return Res.FAIL;
      if (!this.mrg) {
        const made = this.newPool(MRGPool.class, {});
        if (typeof made === 'number') return made;
        this.mrg = made as MRGPool;
        this.systemPools++;
      }
      return this.mrg.register(object);
    });
  }
  definalize(slot: number): Res {
    return this.inside(() => {
      const object = peek(this, slot);
      if (!this.plinth.aver(this.hasAddr(object), 'ArenaDefinalize', 'ArenaHasAddr(arena, (Addr)obj)')) return Res.FAIL;
      return this.mrg?.deregister(object) ?? Res.FAIL;
    });
  }

  formattedObjectsWalk(visit: (object: number, format: Format, pool: Pool) => void): void {
    this.inside(() => {
      for (const pool of this.pools) {
        const { format } = pool;
        if (format) pool.walkObjects((object) => visit(object, format, pool));
      }
    });
  }
  peek(address: number): number {
    return this.inside(() => peek(this, address));
  }
  poke(address: number, value: number): void {
    this.inside(() => poke(this, address, value));
  }
}
