/** Signals by system call: what posix/signal-calls.ts does, and waiting for them and sending values as FreeBSD's kernel does. Source: sys/kern/kern_sig.c (13 and 14). */
import type { Thread } from '../../../emulator/process/thread.js';
import { Errno } from '../../posix/kernel/errno.js';
import { readTime, units, valid } from '../../posix/kernel/times.js';
import type { SignalInfo } from '../../posix/posix-thread.js';
import { readSet, remove } from '../../posix/signal-set.js';
import { systemCall } from '../../posix/system.js';
import { int } from '../../posix/system-call-table.js';
import { isWaiting, type Progress } from '../../posix/waiting.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';

const SI_QUEUE = 0x10002;

export function signalCalls(kernel: FreeBsdKernel): FreeBsdCalls {
  const { user, system } = kernel;
  const { process, signals, signalCalls: calls, traits } = system;
  const { numbers, limit, siginfo } = traits.signals;
  const { setBytes } = traits.signals.kernel;

  const writeInfo = (address: number, info: SignalInfo): void => {
    user.fill(address, siginfo.size, 0);
    user.setU32(address + siginfo.signo, info.signal);
    user.setU32(address + siginfo.code, info.code >>> 0);
    user.setU32(address + siginfo.pid, info.pid ?? 0);
    user.setU32(address + siginfo.uid, info.uid ?? 0);
    user.setWord(address + siginfo.address, info.address ?? 0);
    if (info.value !== undefined) user.setBits(address + siginfo.value, info.value);
    if (siginfo.trap !== undefined && info.trap !== undefined) user.setU32(address + siginfo.trap, info.trap);
  };

  /** Wait for one of the set; `taken` says what the call answers. */
  const wait = (thread: Thread, set: number, time: number, taken: (info: SignalInfo) => number): Progress => {
    const timeout = time === 0 ? undefined : readTime(user, time);
    const wanted = readSet(user, set, setBytes);
    for (const name of ['SIGKILL', 'SIGSTOP']) remove(wanted, numbers[name]);
    if (timeout && !valid(timeout)) return -Errno.EINVAL;
    const deadline = timeout && process.clock.now + units(timeout);
    const ready = (): boolean => signals.pendingFor(thread).some((word, i) => (word & wanted[i]) !== 0);
    const again = (): Progress => {
      const info = signals.accept(thread, wanted);
      if (info) return taken(info);
      if (deadline !== undefined && process.clock.now >= deadline) return -Errno.EAGAIN;
      return {
        wait: { what: 'a signal (sigtimedwait)', ready, ...(deadline !== undefined && { deadline }) },
        resume: again,
        restarts: false,
      };
    };
    return again();
  };
  const told =
    (address: number) =>
    (info: SignalInfo): number => {
      if (address !== 0) writeInfo(address, info);
      return info.signal;
    };

  return {
    sigaction: (_thread, [signal, wanted, old]) => calls.sigaction(int(signal), wanted, old),
    sigprocmask: (thread, [how, wanted, old]) => calls.sigprocmask(thread, int(how), wanted, old),
    sigpending: (thread, [address]) => calls.sigpending(thread, address),
    sigaltstack: (thread, [wanted, old]) => calls.sigaltstack(thread, wanted, old),
    sigsuspend: (thread, [set]) => calls.sigsuspend(thread, readSet(user, set, setBytes)),
    sigtimedwait: (thread, [set, info, time]) => wait(thread, set, time, told(info)),
    sigwaitinfo: (thread, [set, info]) => wait(thread, set, 0, told(info)),
    // Its errors are its result: the call itself succeeds.
    sigwait: (thread, [set, address]) => {
      const positive = (progress: Progress): Progress => {
        if (!isWaiting(progress)) return Math.abs(progress);
        return { ...progress, resume: () => positive(progress.resume()), interrupted: () => Errno.EINTR };
      };
      const give = (info: SignalInfo): number => {
        user.setU32(address, info.signal);
        return 0;
      };
      return positive(systemCall(system, () => wait(thread, set, 0, give)));
    },
    kill: (_thread, [pid, signal]) => calls.kill(int(pid), int(signal)),
    sigqueue: (_thread, [pid, word, value]) => {
      const signal = int(word);
      if (signal > limit) return -Errno.EINVAL;
      if (int(pid) <= 0) return -Errno.EINVAL;
      if (int(pid) !== system.pid) return -Errno.ESRCH;
      if (signal < 0) return -Errno.EINVAL;
      if (signal > 0 && !signals.room) return -Errno.EAGAIN;
      if (signal > 0)
        signals.sendToProcess({
          signal,
          code: SI_QUEUE,
          pid: system.pid,
          value: BigInt.asUintN(8 * user.wordSize, BigInt(value)),
        });
      return 0;
    },
  };
}
