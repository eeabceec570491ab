/**
 * Waiting for descriptors, as the three kernels do it: poll's array, select's sets, another signal mask meanwhile. What an entry tells is
 * each one's own (`WaitRules`). Source: fs/select.c (Linux 6.18), sys/kern/sys_generic.c (FreeBSD 13), bsd/kern/sys_generic.c (XNU); poll(2), select(2).
 */
import type { Thread } from '../../../emulator/process/thread.js';
import { posixThread } from '../posix-thread.js';
import { readSet } from '../signal-set.js';
import { isWaiting, type Progress, type Waiting } from '../waiting.js';
import type { OpenFile } from './descriptors.js';
import { Errno } from './errno.js';
import type { FileKernel } from './kernel.js';

const ENTRY = 8;

/** The bits of poll.h that are the same on all. */
export const Poll = { IN: 1, PRI: 2, OUT: 4, ERR: 8, HUP: 16, NVAL: 32, RDNORM: 0x40, RDBAND: 0x80 } as const;

export interface WaitRules {
  /** What poll tells of a descriptor (undefined: it is closed), of what is wanted. */
  events(file: OpenFile | undefined, wanted: number): number;
  /** So many entries are always taken, whatever the limit of open files. */
  fewestEntries: number;
  /** Bits of an fd_set's words. */
  setBits: 32 | 64;
  /** select: where nobody is at the other end, writing does not wait either. */
  hungUpWrites: boolean;
}

export function descriptorWaits(kernel: Pick<FileKernel, 'system' | 'user' | 'descriptors'>, rules: WaitRules) {
  const { user, descriptors, system } = kernel;
  const { process } = system;

  /** Look until something is ready; `deadline` undefined: for ever. */
  const until = (deadline: number | undefined, what: string, look: () => number): Progress => {
    const again = (): Progress => {
      const found = look();
      if (found !== 0 || (deadline !== undefined && process.clock.now >= deadline)) return found;
      return { wait: { what, ready: () => look() !== 0, ...(deadline !== undefined && { deadline }) }, resume: again, restarts: false };
    };
    return again();
  };

  const poll = (address: number, count: number, deadline: number | undefined): Progress => {
    if (count > Math.max(rules.fewestEntries, descriptors.limit)) return -Errno.EINVAL;
    // They are read once, and told of at the end.
    const entries = Array.from({ length: count }, (_, i) => ({
      fd: user.i32(address + i * ENTRY),
      wanted: user.u16(address + i * ENTRY + 4),
    }));
    const look = (): number[] => entries.map(({ fd, wanted }) => (fd < 0 ? 0 : rules.events(descriptors.get(fd), wanted & 0xffff)));
    const finish = (progress: Progress): Progress => {
      if (isWaiting(progress)) return { ...progress, resume: () => finish(progress.resume()) };
      look().forEach((events, i) => user.setU16(address + i * ENTRY + 6, events));
      return progress;
    };
    return finish(until(deadline, 'descriptors (poll)', () => look().filter((events) => events !== 0).length));
  };

  /** With another mask while it waits. */
  const masked = (thread: Thread, set: number, begin: () => Progress): Progress => {
    if (set === 0) return begin();
    const state = posixThread(thread);
    const mask = readSet(user, set, system.traits.signals.kernel.setBytes);
    const before = state.mask.slice();
    const restore = (): void => system.signals.setMask(thread, before);
    system.signals.setMask(thread, mask);
    const follow = (step: () => Progress): Progress => {
      let progress: Progress;
      try {
        progress = step();
      } catch (error) {
        restore();
        throw error;
      }
      if (!isWaiting(progress)) {
        restore();
        return progress;
      }
      // What is ready beats a signal that waits already.
      if (system.signals.hasDeliverable(thread)) {
        state.suspendedMask = before;
        return -Errno.EINTR;
      }
      const inner: Waiting = progress;
      return {
        wait: inner.wait,
        restarts: false,
        resume: () => follow(() => inner.resume()),
        interrupted: () => {
          state.suspendedMask = before;
          return -Errno.EINTR;
        },
      };
    };
    return follow(begin);
  };

  /** Three sets of descriptors, each of which may be missing. */
  const select = (count: number, sets: number[], deadline: number | undefined): Progress => {
    if (count < 0) return -Errno.EINVAL;
    const most = Math.min(count, descriptors.limit);
    const words = Math.ceil(most / rules.setBits) * (rules.setBits / 32);
    const wanted = sets.map((set) => (set === 0 ? [] : Array.from({ length: words }, (_, i) => user.u32(set + 4 * i))));
    const has = (set: number[], fd: number): boolean => ((set[fd >>> 5] ?? 0) & (1 << (fd & 31))) !== 0;
    for (let fd = 0; fd < most; fd++) if (wanted.some((set) => has(set, fd)) && !descriptors.get(fd)) return -Errno.EBADF;
    const look = (): [number, number[][]] => {
      const found = wanted.map(() => new Array<number>(words).fill(0));
      let total = 0;
      for (let fd = 0; fd < most; fd++) {
        const ready = descriptors.get(fd)?.ready();
        if (!ready) continue;
        const is = [ready.read || ready.hungUp, ready.write || ready.failed || (rules.hungUpWrites && ready.hungUp), false];
        wanted.forEach((set, i) => {
          if (!is[i] || !has(set, fd)) return;
          found[i][fd >>> 5] |= 1 << (fd & 31);
          total++;
        });
      }
      return [total, found];
    };
    const finish = (progress: Progress): Progress => {
      if (isWaiting(progress)) return { ...progress, resume: () => finish(progress.resume()) };
      if (progress < 0) return progress;
      const [, found] = look();
      sets.forEach((set, i) => {
        if (set !== 0) found[i].forEach((word, at) => user.setU32(set + 4 * at, word >>> 0));
      });
      return progress;
    };
    return finish(until(deadline, 'descriptors (select)', () => look()[0]));
  };

  return { poll, select, masked };
}
