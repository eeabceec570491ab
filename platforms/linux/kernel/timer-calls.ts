/** Timers that a program makes: timer_create and its kin. Source: kernel/time/posix-timers.c (6.18), timer_create(2). */
import type { Thread } from '../../../emulator/process/thread.js';
import { has } from '../../posix/signal-set.js';
import { int } from '../../posix/system-call-table.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { Kernel, LinuxCall, LinuxCalls } from './kernel.js';
import { readTime, units, valid, writeTime } from '../../posix/kernel/times.js';

const Notify = { SIGNAL: 0, NONE: 1, THREAD: 2, THREAD_ID: 4 } as const;
const SI_TIMER = -2;
const ABSOLUTE = 1;

interface Timer {
  id: number;
  clock: number;
  signal: number;
  value: bigint;
  /** The thread that hears of it; undefined: the process, or nobody (signal 0). */
  target: Thread | undefined;
  until: number | undefined;
  interval: number;
  overrun: number;
}

/** `now`: what a clock reads; undefined: there is no such clock. `timed`: can timers go by it? */
export function timerObjectCalls(
  kernel: Kernel,
  now: (clock: number) => number | undefined,
  timed: (clock: number) => boolean,
): LinuxCalls {
  const { user, system } = kernel;
  const { process, signals, signalCalls, traits } = system;
  const timers = new Map<number, Timer>();
  let nextId = 0;

  const ring = (timer: Timer): void => {
    if (timer.interval > 0) arm(timer, timer.interval);
    else timer.until = undefined;
    const { signal, target } = timer;
    if (signal === 0) return;
    if (has(signals.pendingFor(target ?? process.threads[0]), signal)) {
      timer.overrun++;
      return;
    }
    const info = { signal, code: SI_TIMER, pid: timer.id, uid: timer.overrun, value: timer.value };
    timer.overrun = 0;
    if (target) signals.sendToThread(target, info);
    else signals.sendToProcess(info);
  };
  const arm = (timer: Timer, after: number): void => {
    timer.until = process.clock.now + Math.max(0, after);
    process.alarms.set(timer, timer.until, () => ring(timer));
  };
  const tell = (address: number, { until, interval }: Timer, bytes: 4 | 8): void => {
    writeTime(user, address, interval, bytes);
    writeTime(user, address + 2 * bytes, until === undefined ? 0 : Math.max(1, until - process.clock.now), bytes);
  };

  const create = (clock: number, event: number, place: number): number => {
    const word = user.wordSize;
    const asked = event === 0 ? undefined : { value: user.bits(event), signal: user.i32(event + word), notify: user.i32(event + word + 4) };
    const tid = asked?.notify === Notify.THREAD_ID ? user.i32(event + word + 8) : 0;
    if (now(clock) === undefined) return -Errno.EINVAL;
    if (!timed(clock)) return -Errno.EOPNOTSUPP;
    const id = nextId;
    let target: Thread | undefined;
    if (asked) {
      const { notify, signal } = asked;
      if (notify === Notify.THREAD_ID) {
        target = signalCalls.thread(tid);
        if (!target || target.state === 'ended') return -Errno.EINVAL;
      }
      if (!(Object.values(Notify) as number[]).includes(notify)) return -Errno.EINVAL;
      if (notify !== Notify.NONE && (signal < 1 || signal > traits.signals.limit)) return -Errno.EINVAL;
    }
    user.setU32(place, id);
    nextId++;
    const signal = !asked ? traits.signals.numbers.SIGALRM : asked.notify === Notify.NONE ? 0 : asked.signal;
    timers.set(id, { id, clock, signal, value: asked?.value ?? BigInt(id), target, until: undefined, interval: 0, overrun: 0 });
    return 0;
  };

  const setTime =
    (bytes: 4 | 8): LinuxCall =>
    (_thread, [id, flags, wanted, old]) => {
      if (wanted === 0) return -Errno.EINVAL;
      const interval = readTime(user, wanted, bytes);
      const value = readTime(user, wanted + 2 * bytes, bytes);
      if (!valid(interval) || !valid(value)) return -Errno.EINVAL;
      const timer = timers.get(int(id));
      if (!timer) return -Errno.EINVAL;
      const before = { ...timer };
      process.alarms.cancel(timer);
      timer.interval = units(interval);
      timer.until = undefined;
      if (units(value) > 0) arm(timer, units(value) - (int(flags) & ABSOLUTE ? (now(timer.clock) ?? 0) : 0));
      if (old !== 0) tell(old, before, bytes);
      return 0;
    };
  const getTime =
    (bytes: 4 | 8): LinuxCall =>
    (_thread, [id, address]) => {
      const timer = timers.get(int(id));
      if (!timer) return -Errno.EINVAL;
      tell(address, timer, bytes);
      return 0;
    };

  return {
    timer_create: (_thread, [clock, event, place]) => create(int(clock), event, place),
    timer_settime: setTime(user.wordSize),
    timer_settime64: setTime(8),
    timer_gettime: getTime(user.wordSize),
    timer_gettime64: getTime(8),
    timer_getoverrun: (_thread, [id]) => timers.get(int(id))?.overrun ?? -Errno.EINVAL,
    timer_delete: (_thread, [id]) => {
      const timer = timers.get(int(id));
      if (!timer) return -Errno.EINVAL;
      process.alarms.cancel(timer);
      timers.delete(int(id));
      return 0;
    },
  };
}
