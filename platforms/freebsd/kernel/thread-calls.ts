/**
 * Threads as FreeBSD's kernel makes and ends them, signals them by number, and has them wait for each other.
 * Source: sys/kern/kern_thr.c; cpu_set_upcall and cpu_set_user_tls of vm_machdep.c of amd64 and i386 (13 and 14).
 */
import { fxsaveImage, initialFxsave } from '../../../emulator/cpu/fxsave.js';
import { X86 } from '../../../emulator/cpu/registers.js';
import { Eflags } from '../../../emulator/cpu/x86-flags.js';
import { GuestFault } from '../../../emulator/memory/memory-view.js';
import type { Thread } from '../../../emulator/process/thread.js';
import { Errno } from '../../posix/kernel/errno.js';
import { readTime, units, valid } from '../../posix/kernel/times.js';
import { posixThread } from '../../posix/posix-thread.js';
import { int } from '../../posix/system-call-table.js';
import type { Progress } from '../../posix/waiting.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';

/** Words of struct thr_param: start_func, arg, stack, its size, tls, its size, child_tid, parent_tid, flags, rtp, three spare. */
const PARAM_WORDS = 13;
/** thr_kill's id for all threads but the caller. */
const ALL_OTHERS = -1;
const NAME_LIMIT = 20;

export function threadCalls(kernel: FreeBsdKernel, wakeWord: (address: number) => void): FreeBsdCalls {
  const { user, system, layout } = kernel;
  const { process, signalCalls, traits } = system;
  const word = user.wordSize;
  const wide = word === 8;
  /** Those that thr_wake has called before they slept. */
  const called = new Set<Thread>();
  const alive = (tid: number): Thread | undefined => {
    const thread = signalCalls.thread(tid);
    return thread?.state === 'ended' ? undefined : thread;
  };

  const killThread = (caller: Thread, id: number, signal: number): number => {
    if (id !== ALL_OTHERS) return signalCalls.killThread(signalCalls.thread(id), signal);
    const others = process.threads.filter((thread) => thread !== caller && thread.state !== 'ended');
    if (signal !== 0 && !signalCalls.valid(signal)) return -Errno.EINVAL;
    for (const other of others) signalCalls.killThread(other, signal);
    return others.length > 0 ? 0 : -Errno.ESRCH;
  };

  const create = (parent: Thread, address: number, size: number): number => {
    if (size < 0 || size > PARAM_WORDS * word) return -Errno.EINVAL;
    const bytes = new Uint8Array(PARAM_WORDS * word);
    bytes.set(user.bytes(address, size));
    const view = new DataView(bytes.buffer);
    const field = (i: number): number =>
      wide ? view.getUint32(8 * i, true) + view.getUint32(8 * i + 4, true) * 2 ** 32 : view.getUint32(4 * i, true);
    const [start, argument, stack, stackSize, tls, , childTid, parentTid, , rtp] = Array.from({ length: 10 }, (_, i) => field(i));
    if (rtp !== 0) return process.end({ kind: 'unsupported', text: 'thr_new with a scheduling priority is not provided' });
    if (tls >= layout.userLimit) return -Errno.EINVAL;
    // What can't be written is found before there is a thread.
    for (const place of [childTid, parentTid]) if (place !== 0) user.setWord(place, user.word(place));
    if (!process.threadTable.room) return -Errno.EAGAIN;
    const child = process.createThread(`thread ${process.threadTable.made + 1}`);
    const posix = kernel.adopt(child);
    process.load(parent);
    process.engine.saveContext(child.context);
    posix.mask.set(posixThread(parent).mask);
    posix.detached = true;
    posix.altStack.flags = traits.signals.altStack.DISABLE;
    [child.stackBase, child.stackLimit] = [stack, stack + stackSize];
    process.withThread(child, (registers) => {
      const top = stack + stackSize;
      registers.set(X86.rax, 0);
      registers.set(X86.rdx, 1);
      registers.set(X86.rbp, 0);
      registers.set(X86.rflags, registers.lo(X86.rflags) & ~Eflags.CF);
      registers.set(X86.rip, start);
      if (wide) {
        registers.set(X86.rsp, top - (top % 16) - 8);
        registers.set(X86.rdi, argument);
        registers.set(X86.fsBase, tls);
      } else {
        const sp = top - 4 - ((top - 4) % 16) - 4;
        registers.set(X86.rsp, sp);
        registers.set(X86.gsBase, tls);
        user.setU32(sp, 0);
        user.setU32(sp + 4, argument);
      }
      initialFxsave(fxsaveImage(process.engine), layout.controlWord);
      process.engine.writeFloat();
    });
    for (const place of [childTid, parentTid]) if (place !== 0) user.setWord(place, posix.tid);
    process.events.emit('thread-start', { started: child.id, start, stackBase: stack, stackLimit: stack + stackSize });
    return 0;
  };

  const suspend = (thread: Thread, deadline: number | undefined): Progress => {
    const again = (): Progress => {
      if (called.delete(thread)) return 0;
      if (deadline !== undefined && process.clock.now >= deadline) return -Errno.ETIMEDOUT;
      return {
        wait: { what: 'thr_wake', on: [thread], ready: () => called.has(thread), ...(deadline !== undefined && { deadline }) },
        resume: again,
        restarts: deadline === undefined,
      };
    };
    return again();
  };

  return {
    thr_self: (thread, [address]) => {
      user.setWord(address, posixThread(thread).tid);
      return 0;
    },
    thr_new: (thread, [address, size]) => create(thread, address, int(size)),
    // The last thread goes on: libthr's code ends the process then.
    thr_exit: (thread, [state]) => {
      if (state !== 0) {
        try {
          user.setWord(state, 1);
        } catch (error) {
          if (!(error instanceof GuestFault)) throw error;
        }
        wakeWord(state);
      }
      if (!process.threads.some((other) => other !== thread && other.state !== 'ended')) return 0;
      process.endThread(thread, 0n);
      return undefined;
    },
    thr_kill: (thread, [id, signal]) => killThread(thread, int(id), int(signal)),
    thr_kill2: (thread, [pid, id, signal]) => (int(pid) === system.pid ? killThread(thread, int(id), int(signal)) : -Errno.ESRCH),
    thr_suspend: (thread, [time]) => {
      if (time === 0) return suspend(thread, undefined);
      const timeout = readTime(user, time);
      if (!valid(timeout)) return -Errno.EINVAL;
      return suspend(thread, process.clock.now + units(timeout));
    },
    thr_wake: (_thread, [id]) => {
      const target = alive(int(id));
      if (!target) return -Errno.ESRCH;
      called.add(target);
      process.changed(target);
      return 0;
    },
    thr_set_name: (_thread, [id, address]) => {
      const name = address === 0 ? '' : Buffer.from(user.cBytes(address, NAME_LIMIT).subarray(0, NAME_LIMIT - 1)).toString('latin1');
      const target = alive(int(id));
      if (!target) return -Errno.ESRCH;
      target.name = name;
      posixThread(target).name = name;
      return 0;
    },
  };
}
