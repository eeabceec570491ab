/**
 * The signal calls of FreeBSD's and macOS's kernels, which can't run here: errors, their order, and what is changed all
 * the same. Expected values are those of sys/kern/kern_sig.c and kern_thr.c (FreeBSD), bsd/kern/kern_sig.c (XNU).
 */
import test, { type ExecutionContext } from 'ava';
import { Prot } from '../../../emulator/engine.js';
import { Process } from '../../../emulator/process/process.js';
import type { Thread } from '../../../emulator/process/thread.js';
import { platform as platformOf } from '../../../platforms/codes.js';
import { FreeBsd } from '../../../platforms/freebsd/freebsd.js';
import { freebsd } from '../../../platforms/freebsd/index.js';
import { macos } from '../../../platforms/macos/index.js';
import { MacOs } from '../../../platforms/macos/macos.js';
import { markAlternateStack } from '../../../platforms/posix/alternate-stack.js';
import { posixThread } from '../../../platforms/posix/posix-thread.js';
import { systemCall, type PosixSystem } from '../../../platforms/posix/system.js';
import { there } from '../../there.js';

const EPERM = -1;
const ESRCH = -3;
const EINTR = -4;
const ENOMEM = -12;
const EFAULT = -14;
const EINVAL = -22;
const SIGKILL = 9;
const SIGUSR1 = 30;
const SIGUSR2 = 31;
const HANDLER = 0x1000;

interface Laboratory {
  t: ExecutionContext;
  system: PosixSystem;
  process: Process;
  thread: Thread;
  other: Thread;
  /** Memory that may be written, only read, and not touched at all. */
  good: number;
  readable: number;
  bad: number;
  /** A result as a system call gives it. */
  call(action: () => number): number;
}

function laboratory(code: string, body: (laboratory: Laboratory) => void): (t: ExecutionContext) => void {
  return (t) => {
    const platform = there(platformOf(code));
    const definition = platform.os === 'macos' ? macos : freebsd;
    const process = new Process({ ...definition.processOptions(platform), memory: 64 << 20 });
    try {
      const options = { argv: [], env: [], seed: 0, quirks: [], directories: [], output: () => {}, input: () => new Uint8Array(0) };
      const os = platform.os === 'macos' ? new MacOs({ platform, process, options }) : new FreeBsd({ platform, process, options });
      const { system } = os;
      const { PRIVATE, ANON } = system.traits.memory.flags;
      const [good, readable, bad] = [Prot.RW, Prot.Read, Prot.None].map((prot) =>
        system.memory.mmap(0, 16384, prot, PRIVATE | ANON, -1, 0),
      );
      const [thread, other] = ['main', 'other'].map((name) => os.threads.adopt(process.createThread(name)).thread);
      process.load(thread);
      body({ t, system, process, thread, other, good, readable, bad, call: (action) => systemCall(system, action) });
    } finally {
      process.close();
    }
  };
}

/** A struct sigaction as the kernel takes it, at `address`. */
function putAction({ system, process }: Laboratory, address: number, handler: number, flags: number, mask = 0): number {
  const { action, setBytes } = system.traits.signals.kernel;
  const { user } = process;
  user.fill(address, 64, 0);
  user.setWord(address + action.handler, handler);
  user.setU32(address + action.flags, flags);
  for (let at = 0; at < setBytes; at += 4) user.setU32(address + action.mask + at, at === 0 ? mask : 0);
  return address;
}

function putStack({ system, process }: Laboratory, address: number, sp: number, size: number, flags: number): number {
  const { stack } = system.traits.signals;
  process.user.setWord(address + stack.sp, sp);
  process.user.setWord(address + stack.length, size);
  process.user.setU32(address + stack.flags, flags);
  return address;
}

function readStack({ system, process }: Laboratory, address: number): number[] {
  const { stack } = system.traits.signals;
  const { user } = process;
  return [user.word(address + stack.sp), user.word(address + stack.length), user.u32(address + stack.flags)];
}

for (const code of ['fri6gc', 'fri3gc']) {
  test(
    `${code}: sigaction`,
    laboratory(code, (l) => {
      const { t, system, good, readable, bad, call } = l;
      const { signalCalls: calls, signals } = system;
      const action = putAction(l, good, HANDLER, 0x40, -1);
      t.deepEqual(
        [0, -1, 129].map((signal) => call(() => calls.sigaction(signal, action, 0))),
        [EINVAL, EINVAL, EINVAL],
      );
      // What is given is copied in before anything is looked at.
      t.is(
        call(() => calls.sigaction(0, bad, 0)),
        EFAULT,
      );
      t.is(
        call(() => calls.sigaction(128, action, 0)),
        0,
      );
      t.is(signals.actions[128].mask[0], 0xfffefeff, 'all but SIGKILL and SIGSTOP');
      // SIGKILL may be asked for, and set to what it is.
      t.is(
        call(() => calls.sigaction(SIGKILL, 0, good)),
        0,
      );
      t.is(
        call(() => calls.sigaction(SIGKILL, putAction(l, good, HANDLER, 0), 0)),
        EINVAL,
      );
      t.is(
        call(() => calls.sigaction(SIGKILL, putAction(l, good, 0, 0), 0)),
        0,
      );
      // Unknown flags: refused for a handler, dropped without one.
      t.is(
        call(() => calls.sigaction(SIGUSR1, putAction(l, good, HANDLER, 0x80), 0)),
        EINVAL,
      );
      t.is(
        call(() => calls.sigaction(SIGUSR1, putAction(l, good, 1, 0xc2), 0)),
        0,
      );
      t.is(signals.actions[SIGUSR1].flags, 0x42);
      // What was is copied out last.
      t.is(
        call(() => calls.sigaction(SIGUSR2, putAction(l, good, HANDLER, 0), readable)),
        EFAULT,
      );
      t.is(signals.actions[SIGUSR2].handler, HANDLER);
    }),
  );

  test(
    `${code}: masks`,
    laboratory(code, (l) => {
      const { t, system, process, thread, other, good, readable, bad, call } = l;
      const { signalCalls: calls } = system;
      const { user } = process;
      [3, 0, 0, 0x80000000].forEach((word, i) => user.setU32(good + 4 * i, word));
      t.is(
        call(() => calls.sigprocmask(thread, 1, good, readable)),
        EFAULT,
      );
      t.deepEqual([...posixThread(thread).mask], [3, 0, 0, 0x80000000], 'changed all the same');
      t.deepEqual([...posixThread(other).mask], [0, 0, 0, 0]);
      t.is(
        call(() => calls.sigprocmask(thread, 0, good, bad)),
        EINVAL,
      );
      t.is(
        call(() => calls.sigprocmask(thread, 0, 0, good)),
        0,
        'how is looked at with a set only',
      );
      t.is(
        call(() => calls.sigprocmask(thread, 1, bad, 0)),
        EFAULT,
      );
      t.is(
        call(() => calls.sigpending(thread, readable)),
        EFAULT,
      );
      t.is(calls.sigsuspend(thread, posixThread(thread).mask), EINTR);
      t.is(thread.state, 'blocked');
    }),
  );

  test(
    `${code}: sigaltstack`,
    laboratory(code, (l) => {
      const { t, system, process, thread, good, readable, call } = l;
      const { signalCalls: calls } = system;
      const { abi } = process;
      const set = (size: number, flags: number, old = 0): number =>
        call(() => calls.sigaltstack(thread, putStack(l, good, 0x50000, size, flags), old));
      // SS_ONSTACK can't be given; 2048 bytes are enough.
      t.deepEqual([set(4096, 1), set(2047, 0), set(0, 4), set(2048, 5)], [EINVAL, ENOMEM, 0, EINVAL]);
      t.is(set(2048, 0, readable), EFAULT);
      const old = good + 256;
      t.is(
        call(() => calls.sigaltstack(thread, 0, old)),
        0,
      );
      t.deepEqual(readStack(l, old), [0x50000, 2048, 0], 'changed all the same');
      // In use from its lowest byte to its last.
      const registers = process.registers(thread);
      for (const [sp, flags] of [
        [0x4ffff, 0],
        [0x50000, 1],
        [0x507ff, 1],
        [0x50800, 0],
      ]) {
        registers.set(abi.sp, sp);
        calls.sigaltstack(thread, 0, old);
        t.is(readStack(l, old)[2], flags, `sp ${sp.toString(16)}`);
      }
      registers.set(abi.sp, 0x50400);
      t.deepEqual([set(4096, 0), set(4096, 1), set(0, 4)], [EPERM, EPERM, EPERM]);
      registers.set(abi.sp, 0);
      t.is(set(0, 4), 0);
      calls.sigaltstack(thread, 0, old);
      t.deepEqual(readStack(l, old), [0x50000, 2048, 4], 'where it was is still told');
    }),
  );

  test(
    `${code}: sending`,
    laboratory(code, ({ t, system, other }) => {
      const { signalCalls: calls, pid } = system;
      t.deepEqual(
        [
          calls.kill(pid, 129),
          calls.kill(99999, 129),
          calls.kill(99999, 1),
          calls.kill(pid, 0),
          calls.kill(-1, 0),
          calls.kill(0, 0),
          calls.kill(-pid, 0),
        ],
        [EINVAL, EINVAL, ESRCH, 0, ESRCH, 0, 0],
      );
      t.deepEqual([calls.killThread(undefined, 129), calls.killThread(other, 129), calls.killThread(other, 0)], [ESRCH, EINVAL, 0]);
    }),
  );
}

for (const code of ['xci6ll', 'xca6ll']) {
  test(
    `${code}: sigaction`,
    laboratory(code, (l) => {
      const { t, system, process, good, readable, bad, call } = l;
      const { signalCalls: calls, signals } = system;
      // The number is looked at first; SIGKILL can't even be asked for.
      t.deepEqual(
        [0, 32, SIGKILL].map((signal) => call(() => calls.sigaction(signal, bad, 0))),
        [EINVAL, EINVAL, EINVAL],
      );
      t.is(
        call(() => calls.sigaction(SIGKILL, 0, good)),
        EINVAL,
      );
      t.is(
        call(() => calls.sigaction(SIGUSR1, bad, 0)),
        EFAULT,
      );
      // {handler, trampoline, mask, flags} in, {handler, mask, flags} out; unknown flags are dropped.
      process.user.setWord(good, HANDLER);
      process.user.setWord(good + 8, 0x2000);
      process.user.setU32(good + 16, 0xffffffff);
      process.user.setU32(good + 20, 0xfc0);
      t.is(
        call(() => calls.sigaction(SIGUSR1, good, 0)),
        0,
      );
      t.is(
        call(() => calls.sigaction(SIGUSR1, 0, good + 64)),
        0,
      );
      const { user } = process;
      t.deepEqual([user.word(good + 64), user.u32(good + 72), user.u32(good + 76)], [HANDLER, 0xfffefeff, 0x40]);
      t.is(signals.actions[SIGUSR1].restorer, 0x2000);
      // What was is copied out before the change.
      process.user.setWord(good, 1);
      t.is(
        call(() => calls.sigaction(SIGUSR1, good, readable)),
        EFAULT,
      );
      t.is(signals.actions[SIGUSR1].handler, HANDLER);
    }),
  );

  test(
    `${code}: masks`,
    laboratory(code, (l) => {
      const { t, system, process, thread, other, good, readable, bad, call } = l;
      const { signalCalls: calls } = system;
      process.user.setU32(good, 0x20000000);
      // A place that can't be written is no error; the mask is every thread's.
      t.is(
        call(() => calls.sigprocmask(thread, 1, good, readable)),
        0,
      );
      t.deepEqual([posixThread(thread).mask[0], posixThread(other).mask[0]], [0x20000000, 0x20000000]);
      process.user.setU32(good, 0x40000000);
      t.is(
        call(() => calls.sigprocmask(thread, 1, good, 0, [thread])),
        0,
      );
      t.deepEqual([posixThread(thread).mask[0], posixThread(other).mask[0]], [0x60000000, 0x20000000], '__pthread_sigmask');
      t.is(
        call(() => calls.sigprocmask(thread, 7, good, 0)),
        EINVAL,
      );
      t.is(
        call(() => calls.sigprocmask(thread, 1, bad, 0)),
        EFAULT,
      );
      t.is(
        call(() => calls.sigpending(thread, readable)),
        0,
      );
    }),
  );

  test(
    `${code}: sigaltstack`,
    laboratory(code, (l) => {
      const { t, system, process, thread, good, readable, call } = l;
      const { signalCalls: calls } = system;
      const set = (size: number, flags: number, old = 0): number =>
        call(() => calls.sigaltstack(thread, putStack(l, good, 0x50000, size, flags), old));
      // The kernel's minimum is less than MINSIGSTKSZ.
      t.deepEqual([set(65536, 1), set(8191, 0), set(0, 4)], [EINVAL, ENOMEM, 0]);
      const old = good + 256;
      t.is(set(8192, 0, readable), EFAULT);
      calls.sigaltstack(thread, 0, old);
      t.deepEqual(readStack(l, old), [0, 0, 4], 'nothing has changed');
      t.is(set(8192, 0), 0);
      process.registers(thread).set(process.abi.sp, 0x51000);
      calls.sigaltstack(thread, 0, old);
      t.deepEqual(readStack(l, old)[2], 0, 'SP says nothing: a flag does');
      markAlternateStack(posixThread(thread), true);
      calls.sigaltstack(thread, 0, old);
      t.deepEqual(readStack(l, old)[2], 1);
      // Flags first; disabling it in use is EINVAL, another change EPERM.
      t.deepEqual([set(65536, 1), set(0, 4), set(65536, 0), set(1, 0)], [EINVAL, EINVAL, EPERM, EPERM]);
    }),
  );

  test(
    `${code}: sending`,
    laboratory(code, ({ t, system, other }) => {
      const { signalCalls: calls, pid } = system;
      t.deepEqual([calls.kill(pid, 32), calls.kill(99999, 32), calls.kill(99999, 1), calls.kill(pid, 0)], [EINVAL, EINVAL, ESRCH, 0]);
      t.deepEqual([calls.killThread(undefined, 32), calls.killThread(other, 32), calls.killThread(other, 0)], [ESRCH, EINVAL, 0]);
    }),
  );
}
