/**
 * The collector of an arena: decides when to collect, and does it a little at a time, as the mutator allocates, within
 * the pause time; and on request. It owns what these decisions hang on: the arena's state (clamped or not), the
 * allocation clock, and the time and work that traces have taken.
 */
import { Res } from '../plinth/res.js';
import {
  chainToCollect,
  minorFinishingTime,
  mustCollectWorld,
  shouldCollectWorld,
  world,
  worldFinishingTime,
  type TracedSoFar,
} from './policy.js';
import { POLL_INTERVAL, TraceState, TraceWhy, type Trace } from './trace.js';
import type { TracedArena } from './traced-arena.js';
import { advanceTrace, startTrace } from './tracer.js';

/** What a quantum did. */
interface Quantum {
  worked: boolean;
  startedWorld: boolean;
}

export class Collector {
  private clamped = false;
  private insidePoll = false;
  /** The allocation clock, in bytes, and when on it the next poll is due. */
  private allocated = 0;
  private pollThreshold = 0;
  private readonly traced: TracedSoFar = { work: 0, time: 0 };
  private lastWorldCollect: number;

  constructor(
    private readonly arena: TracedArena,
    /** Seconds. */
    public pauseTime: number,
  ) {
    this.lastWorldCollect = arena.port.clock();
  }

  /** The allocation clock ticks. */
  noteAlloc(size: number): void {
    this.allocated += size;
  }

  clamp(): void {
    this.clamped = true;
  }
  /** The client left a poll by a non-local exit. */
  abandonPoll(): void {
    this.insidePoll = false;
  }

  private advance(trace: Trace): void {
    const before = trace.work;
    advanceTrace(this.arena, trace);
    this.traced.work += trace.work - before;
  }

  private collectWorld(why: TraceWhy): Trace | Res {
    const { arena } = this;
    return startTrace(arena, why, world(arena), (trace) => worldFinishingTime(arena, trace));
  }

  /** Start whatever policy wants now. Undefined: nothing. */
  private startByPolicy(mayCollectWorld: boolean): Trace | undefined {
    const { arena } = this;
    if (mayCollectWorld && mustCollectWorld(arena)) {
      const trace = this.collectWorld(TraceWhy.DYNAMIC);
      if (typeof trace !== 'number') return trace;
    }
    const chain = chainToCollect(arena);
    if (!chain) return undefined;
    const trace = startTrace(arena, TraceWhy.CHAIN_GEN0CAP, chain.toCondemn(), minorFinishingTime);
    return typeof trace === 'number' ? undefined : trace;
  }

  /** A quantum of the trace that is busy, or of one that policy starts now. */
  private quantum(mayCollectWorld: boolean): Quantum {
    let trace = this.arena.traces.busy;
    let startedWorld = false;
    if (!trace) {
      trace = this.startByPolicy(mayCollectWorld);
      if (!trace) return { worked: false, startedWorld };
      startedWorld = trace.why === TraceWhy.DYNAMIC;
    }
    const start = trace.work;
    do this.advance(trace);
    while (trace.state !== TraceState.FINISHED && trace.work - start < trace.quantumWork);
    return { worked: true, startedWorld };
  }

  poll(): void {
    if (this.clamped || this.insidePoll || this.pollThreshold > this.allocated) return;
    const { port, traces } = this.arena;
    this.insidePoll = true;
    const start = port.clock();
    const end = start + this.pauseTime * port.clocksPerSecond;
    let workDone = false;
    let mayCollectWorld = true;
    for (;;) {
      const { worked, startedWorld } = this.quantum(mayCollectWorld);
      if (startedWorld) mayCollectWorld = false;
      workDone ||= worked;
      if (traces.emergency) continue;
      if (worked && port.clock() < end) continue;
      this.pollThreshold = (worked ? this.pollThreshold : this.allocated) + POLL_INTERVAL;
      break;
    }
    if (workDone) this.noteTime(start);
    this.insidePoll = false;
  }
  private noteTime(start: number): void {
    const { port } = this.arena;
    this.traced.time += (port.clock() - start) / port.clocksPerSecond;
  }

  /** Clamp, and finish what is going on. */
  park(): void {
    const { port, traces, plinth } = this.arena;
    this.clamped = true;
    const start = port.clock();
    while (traces.busy) this.advance(traces.busy);
    this.noteTime(start);
    plinth.aver(!traces.emergency, 'arenaParkNoTraces', '!ArenaEmergency(arena)');
  }

  release(): void {
    this.clamped = false;
    this.poll();
  }

  startCollect(why: TraceWhy): Res {
    this.park();
    const trace = this.collectWorld(why);
    this.release();
    return typeof trace === 'number' ? trace : Res.OK;
  }

  /** Use idle time: up to `interval` seconds. */
  step(interval: number, multiplier: number): boolean {
    const { port, traces } = this.arena;
    const start = port.clock();
    const end = start + interval * port.clocksPerSecond;
    const availableEnd = start + interval * port.clocksPerSecond * multiplier;
    let workDone = false;
    let now = start;
    do {
      const trace = traces.busy ?? this.startInIdleTime(availableEnd - now, now);
      if (!trace) break;
      workDone = true;
      this.advance(trace);
      now = port.clock();
    } while (now < end);
    if (workDone) this.noteTime(start);
    return workDone;
  }
  private startInIdleTime(left: number, now: number): Trace | undefined {
    // An unsigned difference of clocks: once the time is over it is huge.
    const available = left < 0 ? 2 ** 64 + left : left;
    const sinceLast = (now - this.lastWorldCollect) / this.arena.port.clocksPerSecond;
    if (!shouldCollectWorld(this.arena, available, this.traced, sinceLast)) return this.startByPolicy(false);
    const trace = this.collectWorld(TraceWhy.OPPORTUNISM);
    if (typeof trace === 'number') return undefined;
    this.lastWorldCollect = now;
    return trace;
  }
}
