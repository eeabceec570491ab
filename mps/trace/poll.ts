/** Polls: collection work done a little at a time, as the mutator allocates, within the pause time; and on request. */
import type { Arena } from '../arena/arena.js';
import { collectWorld, policyStart, shouldCollectWorld } from './policy.js';
import { Res } from '../plinth/res.js';
import { POLL_INTERVAL, TraceState, TraceWhy, type Trace } from './trace.js';

/** What a quantum did. */
interface Quantum {
  worked: boolean;
  startedWorld: boolean;
}

/** A quantum of the trace that is busy, or of one that policy starts now. */
function tracePoll(arena: Arena, mayCollectWorld: boolean): Quantum {
  let trace = arena.busyTrace;
  let startedWorld = false;
  if (!trace) {
    trace = policyStart(arena, mayCollectWorld);
    if (!trace) return { worked: false, startedWorld };
    startedWorld = trace.why === TraceWhy.DYNAMIC;
  }
  const start = trace.work;
  do trace.advance();
  while (trace.state !== TraceState.FINISHED && trace.work - start < trace.quantumWork);
  if (trace.state === TraceState.FINISHED) trace.destroy();
  return { worked: true, startedWorld };
}

export function poll(arena: Arena): void {
  if (arena.clamped || arena.insidePoll || arena.pollThreshold > arena.fillMutatorSize) return;
  const { port } = arena;
  arena.insidePoll = true;
  const start = port.clock();
  const end = start + arena.pauseTimeSeconds * port.clocksPerSecond;
  let workDone = false;
  let mayCollectWorld = true;
  for (;;) {
    const { worked, startedWorld } = tracePoll(arena, mayCollectWorld);
    if (startedWorld) mayCollectWorld = false;
    workDone ||= worked;
    if (arena.emergency) continue;
    if (worked && port.clock() < end) continue;
    arena.pollThreshold = (worked ? arena.pollThreshold : arena.fillMutatorSize) + POLL_INTERVAL;
    break;
  }
  if (workDone) arena.tracedTime += (port.clock() - start) / port.clocksPerSecond;
  arena.insidePoll = false;
}

function advance(trace: Trace): void {
  trace.advance();
  if (trace.state === TraceState.FINISHED) trace.destroy();
}

/** Clamp, and finish what is going on. */
export function park(arena: Arena): void {
  const { port } = arena;
  arena.clamped = true;
  const start = port.clock();
  while (arena.busyTrace) advance(arena.busyTrace);
  arena.tracedTime += (port.clock() - start) / port.clocksPerSecond;
  arena.plinth.aver(!arena.emergency, 'arenaParkNoTraces', '!ArenaEmergency(arena)');
}

export function release(arena: Arena): void {
  arena.clamped = false;
  poll(arena);
}

export function startCollect(arena: Arena, why: number): Res {
  park(arena);
  const trace = collectWorld(arena, why);
  release(arena);
  return typeof trace === 'number' ? trace : Res.OK;
}

/** Use idle time: up to `interval` seconds. */
export function step(arena: Arena, interval: number, multiplier: number): boolean {
  const { port } = arena;
  const start = port.clock();
  const end = start + interval * port.clocksPerSecond;
  const availableEnd = start + interval * port.clocksPerSecond * multiplier;
  let workDone = false;
  let now = start;
  do {
    let trace = arena.busyTrace;
    if (!trace) {
      // An unsigned difference of clocks: once the time is over it is huge.
      const available = availableEnd - now < 0 ? 2 ** 64 + (availableEnd - now) : availableEnd - now;
      if (shouldCollectWorld(arena, available, now)) {
        const world = collectWorld(arena, TraceWhy.OPPORTUNISM);
        if (typeof world !== 'number') {
          trace = world;
          arena.lastWorldCollect = now;
        }
      } else trace = policyStart(arena, false);
    }
    if (!trace) break;
    workDone = true;
    advance(trace);
    now = port.clock();
  } while (now < end);
  if (workDone) arena.tracedTime += (port.clock() - start) / port.clocksPerSecond;
  return workDone;
}
