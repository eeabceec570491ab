/** Waitable timers: set to a time, for once or again and again; waited for, or telling their thread by an asynchronous procedure call. */
import type { Word } from '../../emulator/abi/abi.js';
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Apcs } from './apcs.js';
import { FALSE, TRUE, UNITS_PER_MILLISECOND, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import { NamedObjects } from './named-objects.js';
import { allRights, MODIFY_STATE } from './object-rights.js';
import { TimerObject } from './objects.js';
import { START_TIME } from './process-block.js';
import type { StackGuards } from './stack-guards.js';
import type { Waiters } from './waiters.js';
import type { Apc } from './windows-thread.js';

interface Needs extends Pick<Core, 'process' | 'layout'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
  readonly apcs: Apcs;
  readonly waiters: Waiters;
}

const MANUAL_RESET = 1;
const HIGH_RESOLUTION = 2;
const UNITS_PER_TICK = 100;

/** Who is told when a timer's time has come. */
interface Told {
  thread: Thread;
  routine: number;
  argument: Word;
  /** In the thread's queue: only once, however often the time comes meanwhile. */
  apc: Apc | undefined;
}

class Timers {
  private readonly told = new Map<TimerObject, Told>();

  constructor(private readonly os: Needs) {}

  /** `due` as Win32 counts it: in units of 100 ns, from now on where it is negative. */
  set(timer: TimerObject, due: bigint, period: number, told: Told | undefined): void {
    const { clock } = this.os.process;
    this.cancel(timer);
    timer.set = false;
    if (told) this.told.set(timer, told);
    const at = due < 0n ? clock.now - Number(due) * UNITS_PER_TICK : Number(due - START_TIME) * UNITS_PER_TICK;
    if (at <= clock.now) this.ring(timer, clock.now, period);
    else this.wake(timer, at, period);
  }

  private wake(timer: TimerObject, at: number, period: number): void {
    this.os.process.agenda.alarms.set(timer, at, () => this.ring(timer, at, period));
  }

  private ring(timer: TimerObject, at: number, period: number): void {
    timer.set = true;
    this.tell(timer, at);
    this.os.waiters.signal(timer);
    if (period > 0 && (timer.handles > 0 || this.os.waiters.wanted(timer))) this.wake(timer, at + period * UNITS_PER_MILLISECOND, period);
  }

  private tell(timer: TimerObject, at: number): void {
    const told = this.told.get(timer);
    if (!told || told.thread.state === 'ended') return;
    if (told.apc && this.os.apcs.queued(told.thread, told.apc)) return;
    const time = START_TIME + BigInt(Math.floor(at / UNITS_PER_TICK));
    told.apc = { routine: told.routine, args: [told.argument, time & 0xffffffffn, time >> 32n] };
    this.os.apcs.queue(told.thread, told.apc);
  }

  /** It keeps the state that it has. */
  cancel(timer: TimerObject): void {
    this.os.process.agenda.alarms.cancel(timer);
    const told = this.told.get(timer);
    this.told.delete(timer);
    if (told?.apc && told.thread.state !== 'ended') this.os.apcs.cancel(told.thread, told.apc);
  }
}

export function timerCalls(os: Needs): HostFunction[] {
  const timers = new Timers(os);
  const names = new NamedObjects(os);
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return FALSE;
  };
  const get = (call: HostCall, handle: number): TimerObject | undefined => {
    const entry = os.handles.resolve(call.thread, handle);
    if (!(entry?.object instanceof TimerObject)) return void failed(call, ErrorCode.INVALID_HANDLE);
    return entry.access & MODIFY_STATE ? entry.object : void failed(call, ErrorCode.ACCESS_DENIED);
  };
  const closing = (timer: TimerObject): TimerObject => {
    timer.closed = () => {
      if (timer.handles === 0 && !os.waiters.wanted(timer)) timers.cancel(timer);
    };
    return timer;
  };
  const make = (manual: boolean) => (): TimerObject => closing(new TimerObject(manual));
  const set = (call: HostCall, handle: number, place: number, period: number, routine: number, argument: Word, resume: number): number => {
    const timer = get(call, handle);
    if (!timer) return FALSE;
    const due = os.guards.kernelAccess(call.thread, () => BigInt.asIntN(64, call.memory.u64(place)));
    if (due === undefined) return failed(call, os.guards.error);
    if (period < 0) return failed(call, ErrorCode.INVALID_PARAMETER);
    timers.set(timer, due, period, routine ? { thread: call.thread, routine, argument, apc: undefined } : undefined);
    // A machine that cannot be woken says so, and the timer is set all the same.
    os.lastError.set(call.thread, resume ? ErrorCode.NOT_SUPPORTED : ErrorCode.SUCCESS);
    return TRUE;
  };
  const named = (suffix: 'A' | 'W'): HostFunction[] => {
    const wide = suffix === 'W';
    return [
      win32(`CreateWaitableTimer${suffix}`, 'p(pip)', (call, security, manual, name) =>
        names.create(call, { kind: 'timer', security, name, wide, access: allRights('timer'), make: make(manual !== 0) }),
      ),
      win32(`CreateWaitableTimerEx${suffix}`, 'p(ppuu)', (call, security, name, flags, access) => {
        if (flags & ~(MANUAL_RESET | HIGH_RESOLUTION)) return failed(call, ErrorCode.INVALID_PARAMETER);
        return names.create(call, { kind: 'timer', security, name, wide, access, make: make((flags & MANUAL_RESET) !== 0) });
      }),
      win32(`OpenWaitableTimer${suffix}`, 'p(uip)', (call, access, inherit, name) =>
        names.open(call, { kind: 'timer', access, inherit, name, wide }),
      ),
    ];
  };
  return [
    ...named('A'),
    ...named('W'),
    win32('SetWaitableTimer', 'i(ipipwi)', set),
    win32('CancelWaitableTimer', 'i(i)', (call, handle) => {
      const timer = get(call, handle);
      if (!timer) return FALSE;
      timers.cancel(timer);
      return TRUE;
    }),
  ];
}
