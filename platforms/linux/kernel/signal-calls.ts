/** Signals by system call: what posix/signal-calls.ts does, with Linux's argument checks, and what only Linux has. Source: kernel/signal.c (6.18). */
import type { Thread } from '../../../emulator/process/thread.js';
import { posixThread, type SignalInfo } from '../../posix/posix-thread.js';
import { emptySet, readSet, remove, type SignalSet } from '../../posix/signal-set.js';
import { int } from '../../posix/system-call-table.js';
import type { Progress } from '../../posix/waiting.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { Kernel, LinuxCall, LinuxCalls } from './kernel.js';
import { readTime, units, valid } from '../../posix/kernel/times.js';

const SET_BYTES = 8;
const SI_USER = 0;
const SI_TKILL = -6;

export function signalCalls(kernel: Kernel): LinuxCalls {
  const { system, user } = kernel;
  const { process, signals, signalCalls: calls, traits } = system;
  const { numbers, limit } = traits.signals;

  /** The calls that say how many bytes a set has. */
  const sized =
    (call: LinuxCall, place: number): LinuxCall =>
    (thread, args) =>
      args[place] === SET_BYTES ? call(thread, args) : -Errno.EINVAL;

  const suspend = (thread: Thread, mask: SignalSet): Progress => {
    const state = posixThread(thread);
    state.suspendedMask = state.mask.slice();
    signals.setMask(thread, mask);
    if (signals.hasDeliverable(thread)) return -Errno.EINTR;
    const again = (): Progress => ({
      wait: { what: 'a signal (sigsuspend)', on: [], ready: () => false },
      resume: again,
      restarts: false,
    });
    return again();
  };

  const toThread = (tid: number, signal: number): number => (tid <= 0 ? -Errno.EINVAL : calls.killThread(calls.thread(tid), signal));

  /** siginfo_t that the program gives: a signal with a value. */
  const given = (signal: number, address: number): SignalInfo => {
    const code = user.i32(address + 8);
    const at = address + (user.wordSize === 8 ? 16 : 12);
    return { signal, code, pid: user.u32(at), uid: user.u32(at + 4), value: user.bits(at + 8) };
  };

  const waitFor = (thread: Thread, set: number, info: number, time: number, bytes: 4 | 8): Progress => {
    const wanted = readSet(user, set, SET_BYTES);
    for (const name of ['SIGKILL', 'SIGSTOP']) remove(wanted, numbers[name]);
    let deadline: number | undefined;
    if (time !== 0) {
      const timeout = readTime(user, time, bytes);
      if (!valid(timeout)) return -Errno.EINVAL;
      deadline = process.clock.now + units(timeout);
    }
    const ready = (): boolean => signals.pendingFor(thread).some((word, i) => (word & wanted[i]) !== 0);
    const again = (): Progress => {
      const taken = signals.accept(thread, wanted);
      if (taken) {
        if (info !== 0) writeInfo(info, taken);
        return taken.signal;
      }
      if (deadline !== undefined && process.clock.now >= deadline) return -Errno.EAGAIN;
      return {
        wait: { what: 'a signal (sigtimedwait)', ready, ...(deadline !== undefined && { deadline }) },
        resume: again,
        restarts: false,
      };
    };
    return again();
  };

  const writeInfo = (address: number, info: SignalInfo): void => {
    user.fill(address, 128, 0);
    user.setU32(address, info.signal);
    user.setU32(address + 8, info.code >>> 0);
    const at = address + (user.wordSize === 8 ? 16 : 12);
    user.setU32(at, info.pid ?? 0);
    user.setU32(at + 4, info.uid ?? 0);
    if (info.value !== undefined) user.setBits(at + 8, info.value);
  };

  const timed =
    (bytes: 4 | 8): LinuxCall =>
    (thread, [set, info, time, size]) =>
      size === SET_BYTES ? waitFor(thread, set, info, time, bytes) : -Errno.EINVAL;

  const mine = (code: number): boolean => code < 0 && code !== SI_TKILL;

  return {
    rt_sigaction: sized((_thread, [signal, wanted, old]) => calls.sigaction(int(signal), wanted, old), 3),
    rt_sigprocmask: sized((thread, [how, wanted, old]) => calls.sigprocmask(thread, int(how), wanted, old), 3),
    rt_sigpending: (thread, [address, bytes]) => (bytes <= SET_BYTES ? calls.sigpending(thread, address, bytes) : -Errno.EINVAL),
    rt_sigsuspend: sized((thread, [set]) => suspend(thread, readSet(user, set, SET_BYTES)), 1),
    pause: (thread) => suspend(thread, posixThread(thread).mask.slice()),
    sigaltstack: (thread, [wanted, old]) => calls.sigaltstack(thread, wanted, old),
    rt_sigtimedwait: timed(user.wordSize),
    rt_sigtimedwait_time64: timed(8),
    kill: (_thread, [pid, signal]) => calls.kill(int(pid), int(signal)),
    tkill: (_thread, [tid, signal]) => toThread(int(tid), int(signal)),
    tgkill: (_thread, [pid, tid, signal]) => {
      if (int(pid) <= 0 || int(tid) <= 0) return -Errno.EINVAL;
      return int(pid) === system.pid ? toThread(int(tid), int(signal)) : -Errno.ESRCH;
    },
    rt_sigqueueinfo: (_thread, [pid, word, address]) => {
      const signal = int(word);
      const info = given(signal, address);
      if (int(pid) !== system.pid && (info.code >= SI_USER || info.code === SI_TKILL)) return -Errno.EPERM;
      if (int(pid) !== system.pid) return -Errno.ESRCH;
      if (signal < 0 || signal > limit) return -Errno.EINVAL;
      return signal > 0 && !signals.sendToProcess(info) ? -Errno.EAGAIN : 0;
    },
    rt_tgsigqueueinfo: (thread, [pid, tid, word, address]) => {
      const signal = int(word);
      const info = given(signal, address);
      if (int(pid) <= 0 || int(tid) <= 0) return -Errno.EINVAL;
      if (!mine(info.code) && int(tid) !== posixThread(thread).tid) return -Errno.EPERM;
      const target = int(pid) === system.pid ? calls.thread(int(tid)) : undefined;
      if (!target || target.state === 'ended') return -Errno.ESRCH;
      if (signal < 0 || signal > limit) return -Errno.EINVAL;
      return signal > 0 && !signals.sendToThread(target, info) ? -Errno.EAGAIN : 0;
    },
    // There is never a call to be taken up again: those that a handler has ended have been told so.
    restart_syscall: () => -Errno.EINTR,
    ...oldCalls(kernel, suspend),
  };
}

/** IA-32's calls of before there were 64 signals: sets of one word. */
function oldCalls(kernel: Kernel, suspend: (thread: Thread, mask: SignalSet) => Progress): LinuxCalls {
  const { system, user, convention } = kernel;
  if (convention !== 'ia32') return {};
  const { signalCalls: calls, signals, traits } = system;
  const one = (word: number): SignalSet => {
    const set = emptySet();
    set[0] = word;
    return set;
  };
  return {
    sigpending: (thread, [address]) => calls.sigpending(thread, address, 4),
    sigprocmask: (thread, [how, wanted, old]) => {
      const before = posixThread(thread).mask[0];
      if (wanted !== 0) {
        // Only the first word changes.
        const next = one(user.u32(wanted));
        if (int(how) === traits.signals.how.SETMASK) next[1] = posixThread(thread).mask[1];
        const refused = calls.changeMask([thread], int(how), next);
        if (refused !== 0) return refused;
      }
      if (old !== 0) user.setU32(old, before);
      return 0;
    },
    sigsuspend: (thread, [, , mask]) => suspend(thread, one(mask >>> 0)),
    sgetmask: (thread) => posixThread(thread).mask[0],
    ssetmask: (thread, [mask]) => {
      const before = posixThread(thread).mask[0];
      const next = posixThread(thread).mask.slice();
      next[0] = mask >>> 0;
      signals.setMask(thread, next);
      return before;
    },
    signal: (_thread, [signal, handler]) => {
      if (!calls.valid(int(signal))) return -Errno.EINVAL;
      const before = signals.actions[int(signal)].handler;
      const { RESETHAND, NODEFER } = traits.signals.flags;
      const next = { handler, flags: (RESETHAND | NODEFER) >>> 0, mask: emptySet(), restorer: 0 };
      const refused = calls.refuseAction(int(signal), next);
      if (refused !== 0) return refused;
      calls.setAction(int(signal), next);
      return before;
    },
  };
}
