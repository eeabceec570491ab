/**
 * Registered threads: those that are suspended while the mutator must not run, and whose
 * stacks and registers thread roots scan. A thread that can't be suspended any more is dead.
 */
import type { PortThread, ScanArea } from '../../platforms/port.js';
import type { Arena } from '../arena/arena.js';
import { Res } from '../plinth/res.js';
import type { AreaScan } from '../trace/scan-area.js';
import type { ScanState } from '../trace/scan-state.js';

export class Thread {
  static readonly blockWords = 12;
  alive = true;

  constructor(
    readonly arena: Arena,
    readonly address: number,
    readonly port: PortThread,
  ) {}

  dereg(): void {
    const { arena } = this;
    arena.inside(() => {
      const i = arena.threads.indexOf(this);
      if (i >= 0) arena.threads.splice(i, 1);
      else arena.deadThreads.splice(arena.deadThreads.indexOf(this), 1);
      arena.port.threadDeregister(this.port);
      arena.controlUnblock(this.address, Thread.blockWords * arena.wordSize);
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

/** Stop all registered threads but the calling one, in order of registration. */
export function suspendThreads(arena: Arena): void {
  const { port } = arena;
  for (const thread of [...arena.threads]) {
    if (port.isCurrent(thread.port)) continue;
    if (port.events.on) port.events.emit('suspend', { of: thread.port.id });
    if (!port.threadSuspend(thread.port)) bury(arena, thread);
  }
}

export function resumeThreads(arena: Arena): void {
  const { port } = arena;
  for (const thread of [...arena.threads]) {
    if (port.isCurrent(thread.port)) continue;
    if (port.events.on) port.events.emit('resume', { of: thread.port.id });
    if (!port.threadResume(thread.port)) bury(arena, thread);
  }
}

function bury(arena: Arena, thread: Thread): void {
  thread.alive = false;
  arena.threads.splice(arena.threads.indexOf(thread), 1);
  arena.deadThreads.push(thread);
}
