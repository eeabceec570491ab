/** timer_create and its kin. Source: kernel/time/posix-timers.c (6.18), timer_create(2). */
import type { Thread } from '../../../emulator/process/thread.js';
import { int } from '../../posix/system-call-table.js';
import { Errno } from '../../posix/kernel/errno.js';
import { moment, readTime, units, valid, writeTime } from '../../posix/kernel/times.js';
import type { Kernel, LinuxCall, LinuxCalls } from './kernel.js';
import type { TimerClock } from './posix-timers.js';

const Notify = { SIGNAL: 0, NONE: 1, THREAD: 2, THREAD_ID: 4 } as const;
const ABSOLUTE = 1;

/** `clockOf`: what timers of that clock go by, or an errno number negated. */
export function timerObjectCalls(kernel: Kernel, clockOf: (clock: number) => TimerClock | number): LinuxCalls {
  const { user, system, timers } = kernel;
  const { signalCalls, traits } = system;

  const tell = (address: number, { left, interval }: { left: number; interval: number }, bytes: 4 | 8): void => {
    writeTime(user, address, interval, bytes);
    writeTime(user, address + 2 * bytes, left, bytes);
  };

  const create = (clock: number, event: number, place: number): number => {
    const word = user.wordSize;
    const asked = event === 0 ? undefined : { value: user.bits(event), signal: user.i32(event + word), notify: user.i32(event + word + 4) };
    const tid = asked?.notify === Notify.THREAD_ID ? user.i32(event + word + 8) : 0;
    const by = clockOf(clock);
    if (typeof by === 'number') return by;
    const id = timers.next;
    if (id === undefined) return -Errno.EAGAIN;
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
    const signal = !asked ? traits.signals.numbers.SIGALRM : asked.notify === Notify.NONE ? 0 : asked.signal;
    timers.create(by, { signal, value: asked?.value ?? BigInt(id), target });
    return 0;
  };

  const setTime =
    (bytes: 4 | 8): LinuxCall =>
    (_thread, [word, flags, wanted, old]) => {
      if (wanted === 0) return -Errno.EINVAL;
      const interval = readTime(user, wanted, bytes);
      const value = readTime(user, wanted + 2 * bytes, bytes);
      if (!valid(interval) || !valid(value)) return -Errno.EINVAL;
      const id = int(word);
      const before = timers.setting(id);
      const clock = timers.clock(id);
      if (!before || !clock) return -Errno.EINVAL;
      const left = int(flags) & ABSOLUTE ? moment(value, clock.epoch) - clock.read() : units(value);
      timers.set(id, units(value) > 0 ? left : undefined, units(interval));
      if (old !== 0) tell(old, before, bytes);
      return 0;
    };
  const getTime =
    (bytes: 4 | 8): LinuxCall =>
    (_thread, [id, address]) => {
      const setting = timers.setting(int(id));
      if (!setting) return -Errno.EINVAL;
      tell(address, setting, bytes);
      return 0;
    };

  return {
    timer_create: (_thread, [clock, event, place]) => create(int(clock), event, place),
    timer_settime: setTime(user.wordSize),
    timer_settime64: setTime(8),
    timer_gettime: getTime(user.wordSize),
    timer_gettime64: getTime(8),
    timer_getoverrun: (_thread, [id]) => timers.overrun(int(id)) ?? -Errno.EINVAL,
    timer_delete: (_thread, [id]) => (timers.delete(int(id)) ? 0 : -Errno.EINVAL),
  };
}
