/**
 * Registered threads: those that are suspended while the mutator must not run, and whose
 * stacks and registers thread roots scan. A thread that can't be suspended any more is dead.
 */
import type { Port, PortThread, ScanArea } from '../../platforms/port.js';
import type { HeapArena } from './heap-arena.js';
import { Res } from '../plinth/res.js';
import type { AreaScan } from '../trace/scan-area.js';
import type { ScanState } from '../trace/scan-state.js';

export class Thread {
  static readonly blockWords = 12;
  alive = true;

  constructor(
    readonly arena: HeapArena,
    readonly address: number,
    readonly port: PortThread,
    private readonly ring: ThreadRing,
  ) {}

  dereg(): void {
    const { arena } = this;
    arena.inside(() => {
      this.ring.remove(this);
      arena.port.threadDeregister(this.port);
      arena.controlFree(this.address, Thread.blockWords * arena.wordSize);
    });
  }

  /** What there is to scan of this thread's stack up to `cold`, and of its registers. */
  private areas(cold: number): ScanArea[] {
    const { port, plinth } = this.arena;
    if (port.isCurrent(this.port)) {
      const areas = port.currentAreas(cold);
      plinth.aver(areas !== undefined, 'StackScan', 'arena->stackWarm != NULL');
      return areas ?? [];
    }
    return this.alive ? (port.threadAreas(this.port, cold) ?? []) : [];
  }

  scan(ss: ScanState, cold: number, scan: AreaScan): Res {
    const { port, testHooks } = this.arena;
    for (const area of this.areas(cold)) {
      if (area.kind === 'stack' ? testHooks.noStackScan : testHooks.noRegisterScan) continue;
      if (port.events.on) {
        port.events.emit('context-read', { of: this.port.id, kind: area.kind, base: area.base, limit: area.limit });
      }
      ss.area = area;
      ss.thread = this.port.id;
      const res = scan(ss, area.base, area.limit);
      ss.area = undefined;
      if (res !== Res.OK) return res;
    }
    return Res.OK;
  }
}

/** The registered threads of an arena, in order of registration, and those found dead. */
export class ThreadRing {
  readonly alive = new Set<Thread>();
  readonly dead = new Set<Thread>();

  constructor(private readonly port: Port) {}

  remove(thread: Thread): void {
    this.alive.delete(thread);
    this.dead.delete(thread);
  }

  /** Stop all but the calling one. */
  suspend(): void {
    const { port } = this;
    for (const thread of this.alive) {
      if (port.isCurrent(thread.port)) continue;
      if (port.events.on) port.events.emit('suspend', { of: thread.port.id });
      if (!port.threadSuspend(thread.port)) this.bury(thread);
    }
  }
  resume(): void {
    const { port } = this;
    for (const thread of this.alive) {
      if (port.isCurrent(thread.port)) continue;
      if (port.events.on) port.events.emit('resume', { of: thread.port.id });
      if (!port.threadResume(thread.port)) this.bury(thread);
    }
  }

  private bury(thread: Thread): void {
    thread.alive = false;
    this.alive.delete(thread);
    this.dead.add(thread);
  }
}
