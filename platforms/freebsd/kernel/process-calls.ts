/**
 * What the kernel knows of the process: who it is, its limits, its registers' bases, random bytes, wired pages.
 * Source: sys/kern/kern_prot.c, kern_resource.c, sys_getrandom.c; sys/{amd64/amd64,i386/i386}/sys_machdep.c; sys/vm/vm_mmap.c (13 and 14).
 */
import { X86 } from '../../../emulator/cpu/registers.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { KernelCall } from '../../posix/kernel/kernel.js';
import { int, unsigned } from '../../posix/system-call-table.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';

// prettier-ignore
const Sysarch = {
  I386_GET_FSBASE: 7, I386_SET_FSBASE: 8, I386_GET_GSBASE: 9, I386_SET_GSBASE: 10, AMD64_GET_FSBASE: 128, AMD64_SET_FSBASE: 129, AMD64_GET_GSBASE: 130,
  AMD64_SET_GSBASE: 131,
} as const;
const INFINITE = (1n << 63n) - 1n;
const Limit = { DATA: 2, STACK: 3, NPROC: 7, NOFILE: 8, count: 15 } as const;
const GETRANDOM_FLAGS = 7;
const MLOCK_FLAGS = 3;
const SELF = 0;

export function processCalls(kernel: FreeBsdKernel): FreeBsdCalls {
  const { user, system, layout, descriptors } = kernel;
  const { process, memory } = system;
  const wide = user.wordSize === 8;
  const limits = Array.from({ length: Limit.count }, () => ({ soft: INFINITE, hard: INFINITE }));
  const dataLimit = wide ? 32n << 30n : 512n << 20n;
  limits[Limit.DATA] = { soft: dataLimit, hard: dataLimit };
  limits[Limit.STACK] = { soft: BigInt(layout.stackSize), hard: wide ? 512n << 20n : 64n << 20n };
  limits[Limit.NOFILE] = { soft: BigInt(descriptors.limit), hard: BigInt(descriptors.limit) };

  const base = (slot: number, address: number): number => {
    user.setWord(address, process.registers(system.process.current ?? process.threads[0]).get(slot));
    return 0;
  };

  const fixed =
    (value: number): KernelCall =>
    () =>
      value;
  const root = fixed(0);
  const three: KernelCall = (_thread, places) => {
    for (const place of places.slice(0, 3)) if (place !== 0) user.setU32(place, 0);
    return 0;
  };

  /** Pages of a range that is to be wired or not. */
  const wired: KernelCall = (_thread, [address, length]) => {
    const start = memory.pageDown(unsigned(address));
    const limit = memory.pageUp(unsigned(address) + unsigned(length));
    if (limit > 2 ** (8 * user.wordSize)) return -Errno.EINVAL;
    return start === limit || memory.space.isMapped(start, limit - start) ? 0 : -Errno.ENOMEM;
  };

  return {
    getpid: fixed(system.pid),
    getppid: fixed(1),
    getuid: root,
    geteuid: root,
    getgid: root,
    getegid: root,
    getpgrp: fixed(system.pid),
    issetugid: root,
    getresuid: three,
    getresgid: three,
    getdtablesize: () => descriptors.limit,
    umask: fixed(0o022),
    sched_yield: () => {
      process.reschedule = true;
      return 0;
    },
    exit: (_thread, [code]) => process.end({ kind: 'exit', code: code & 0xff }),
    mlock: wired,
    munlock: wired,
    mlockall: (_thread, [how]) => (int(how) === 0 || int(how) & ~MLOCK_FLAGS ? -Errno.EINVAL : 0),
    munlockall: root,
    getrlimit: (_thread, [which, address]) => {
      const limit = limits[int(which)];
      if (!limit) return -Errno.EINVAL;
      user.setU64(address, limit.soft);
      user.setU64(address + 8, limit.hard);
      return 0;
    },
    setrlimit: (_thread, [which, address]) => {
      const next = { soft: BigInt.asIntN(64, user.u64(address)), hard: BigInt.asIntN(64, user.u64(address + 8)) };
      const limit = limits[int(which)];
      if (!limit) return -Errno.EINVAL;
      // Negative ones are no limit at all.
      if (next.soft < 0n) next.soft = INFINITE;
      if (next.hard < 0n) next.hard = INFINITE;
      if (next.soft > next.hard) next.soft = next.hard;
      limits[int(which)] = next;
      if (int(which) === Limit.NOFILE) descriptors.limit = Math.min(descriptors.limit, Number(next.soft));
      return 0;
    },
    getrandom: (_thread, [address, length, flags]) => {
      if (int(flags) & ~GETRANDOM_FLAGS || unsigned(length) > kernel.transfer.most) return -Errno.EINVAL;
      // Nothing is drawn for memory that can't take it.
      if (length > 0) user.setU8(address, user.u8(address));
      const most = Math.min(length, 1 << 20);
      user.write(address, kernel.random(most));
      return most;
    },
    getrusage: (thread, [who, address]) => {
      if (![SELF, -1, 1].includes(int(who))) return -Errno.EINVAL;
      user.fill(address, 18 * user.wordSize, 0);
      if (int(who) === -1) return 0;
      const used = int(who) === 1 ? process.turns.busyTime(thread) : process.clock.busy;
      user.setWord(address, Math.floor(used / 1e9));
      user.setWord(address + user.wordSize, Math.floor((used % 1e9) / 1000));
      user.setWord(address + 4 * user.wordSize, Math.floor(process.space.peakCommittedBytes / 1024));
      return 0;
    },
    sysarch: (thread, [operation, address]) => {
      const registers = process.registers(thread);
      const set = (slot: number): number => {
        const next = user.word(address);
        if (next >= layout.userLimit) return -Errno.EINVAL;
        registers.set(slot, next);
        return 0;
      };
      const op = int(operation);
      // A 64-bit process has its own numbers, and those of 32-bit ones, which are 32 bits wide.
      switch (op) {
        case Sysarch.AMD64_GET_FSBASE:
        case Sysarch.AMD64_GET_GSBASE:
          return wide ? base(op === Sysarch.AMD64_GET_FSBASE ? X86.fsBase : X86.gsBase, address) : -Errno.EINVAL;
        case Sysarch.AMD64_SET_FSBASE:
        case Sysarch.AMD64_SET_GSBASE:
          return wide ? set(op === Sysarch.AMD64_SET_FSBASE ? X86.fsBase : X86.gsBase) : -Errno.EINVAL;
        case Sysarch.I386_GET_FSBASE:
        case Sysarch.I386_GET_GSBASE: {
          const slot = op === Sysarch.I386_GET_FSBASE ? X86.fsBase : X86.gsBase;
          user.setU32(address, registers.lo(slot));
          return 0;
        }
        case Sysarch.I386_SET_FSBASE:
        case Sysarch.I386_SET_GSBASE:
          registers.set(op === Sysarch.I386_SET_FSBASE ? X86.fsBase : X86.gsBase, user.u32(address));
          return 0;
        default:
          return -Errno.EINVAL;
      }
    },
  };
}
