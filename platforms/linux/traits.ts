/** Linux with glibc 2.36 as PosixTraits. Source: uapi headers of Linux 6.1, glibc's headers; behaviour observed on 6.18. */
import type { CpuName } from '../../emulator/engine.js';
import { linuxErrno } from '../posix/errno.js';
import { linuxSignals } from '../posix/signal-numbers.js';
import type { MemoryTraits, PosixTraits, PthreadTraits, SignalTraits } from '../posix/traits.js';
import type { LinuxLayout } from './layout.js';

function signals(cpu: CpuName): SignalTraits {
  const wide = cpu !== 'ia32';
  const word = wide ? 8 : 4;
  // The kernel's struct sigaction has the mask, the one member that may grow, at its end.
  const action = { handler: 0, flags: word, restorer: 2 * word, mask: 3 * word };
  return {
    numbers: linuxSignals,
    limit: 64,
    flags: { SIGINFO: 0x4, ONSTACK: 0x8000000, RESTART: 0x10000000, NODEFER: 0x40000000, RESETHAND: 0x80000000, RESTORER: 0x4000000 },
    how: { BLOCK: 0, UNBLOCK: 1, SETMASK: 2 },
    codes: { USER: 0, THREAD: -6, KERNEL: 0x80 },
    altStack: {
      ONSTACK: 1,
      DISABLE: 2,
      AUTODISARM: 0x80000000,
      modes: [0, 1, 2],
      minimum: cpu === 'arm64' ? 5120 : 2048,
      lowestCounts: false,
      remembersUse: false,
      keepsDisabled: false,
      useCheckedLast: false,
    },
    kernel: {
      setBytes: 8,
      action,
      oldAction: action,
      // NOCLDSTOP NOCLDWAIT SIGINFO EXPOSE_TAGBITS RESTORER ONSTACK RESTART NODEFER RESETHAND.
      knownFlags: 0xdc000807,
      unknownFlags: 'dropped',
      fixedActions: 'never set',
      oldFirst: false,
      ignoresBadSets: false,
      pendingBlocked: true,
      maskIsOfProcess: false,
      numberCheckedFirst: false,
      blockedFault: 'kills',
      initialFlags: 0,
      childFlags: 0,
      untoldFlags: 0,
      neverReset: [],
    },
    library: {
      oldAction: true,
      newMask: true,
      waitSet: false,
      suspendSet: false,
      waitResult: true,
      unblockedSetIsKernels: false,
      suspendsWithoutSet: false,
      signalMasksItself: true,
      changesSpareReserved: true,
      raiseSparesReserved: true,
      fillSparesReserved: true,
      killSparesReserved: true,
      killChecksNumberFirst: false,
    },
    redZone: cpu === 'x86-64' ? 128 : 0,
    frameFailure: 'SIGSEGV',
    reserved: [32, 33],
    sigset: { size: 128 },
    sigaction: wide
      ? { size: 152, handler: 0, mask: 8, flags: 0x88, restorer: 0x90 }
      : { size: 140, handler: 0, mask: 4, flags: 0x84, restorer: 0x88 },
    stack: wide ? { size: 24, sp: 0, flags: 8, length: 16 } : { size: 12, sp: 0, flags: 4, length: 8 },
    siginfo: wide
      ? { size: 128, signo: 0, errno: 4, code: 8, address: 0x10, pid: 0x10, uid: 0x14, value: 0x18 }
      : { size: 128, signo: 0, errno: 4, code: 8, address: 0xc, pid: 0xc, uid: 0x10, value: 0x14 },
  };
}

/** `memory`: what the machine has, in bytes, which is also what one request may ask for under heuristic overcommit. */
function memoryTraits(layout: LinuxLayout, memory: number, executeOnly: boolean): MemoryTraits {
  return {
    pageSize: 4096,
    flags: {
      SHARED: 1,
      PRIVATE: 2,
      FIXED: 0x10,
      ANON: 0x20,
      NOREPLACE: 0x100000,
      occupied: 'EEXIST',
      noReplaceAlone: 'fixed',
      known: 0xffffffff,
    },
    lowest: 0x10000,
    limit: layout.userLimit,
    belowLowest: 'EPERM',
    beyondLimit: 'ENOMEM',
    topDown: true,
    mmapBase: layout.mmapBase,
    hintRounds: 'down',
    needsSharing: true,
    refusesUnknownFlags: false,
    roundsDown: false,
    protectHole: 'partial',
    badProtection: 'EINVAL',
    anonymousFd: undefined,
    writeExecute: 'allowed',
    executeOnly,
    overcommitLimit: memory,
    adviceRoundsDown: false,
    advice: { known: [], needsWriting: [], hole: 'ENOMEM', outside: 'ENOMEM' },
  };
}

function pthread(cpu: CpuName): PthreadTraits {
  const wide = cpu !== 'ia32';
  const direct = (size: number): { size: number; indirect: boolean } => ({ size, indirect: false });
  return {
    cancel: {
      enable: 0,
      disable: 1,
      deferred: 0,
      asynchronous: 1,
      canceled: -1n,
      asynchronousActs: true,
      cancelsEnded: true,
      unwindWords: cpu === 'arm64' ? 184 : wide ? 72 : 28,
    },
    mutex: {
      ...direct(cpu === 'arm64' ? 48 : wide ? 40 : 24),
      lock: 0,
      count: 4,
      owner: 8,
      kind: wide ? 16 : 12,
      kindMask: 3,
      normal: 0,
      recursive: 1,
      errorCheck: 2,
      defaultKind: 0,
      adaptive: 3,
      staticKinds: {},
    },
    attr: direct(cpu === 'arm64' ? 64 : wide ? 56 : 36),
    mutexAttr: direct(cpu === 'arm64' ? 8 : 4),
    condAttr: direct(cpu === 'arm64' ? 8 : 4),
    rwlockAttr: direct(8),
    barrierAttr: direct(4),
    cond: direct(48),
    rwlock: direct(wide ? 56 : 32),
    barrier: direct(wide ? 32 : 20),
    once: { state: 0, init: 0, done: 2 },
    keyBytes: 4,
    firstKey: 0,
    keysMax: 1024,
    destructorIterations: 4,
    killsEnded: true,
    sharing: { shared: 1, private: 0 },
    detached: 1,
    joinable: 0,
    stackMinimum: cpu === 'arm64' ? 131072 : 16384,
    defaultStack: 8 << 20,
    defaultGuard: 4096,
    minimumGuard: cpu === 'arm64' ? 65536 : 4096,
    barrierSerial: -1,
    condClock: 44,
    clockRealtime: 0,
    clockMonotonic: 1,
    clocksPerSecond: 1_000_000,
    otherRealtimeClocks: [5, 11],
    otherClocks: [4, 6, 7],
    processClocks: [2],
    threadClocks: [3],
    semaphore: { size: wide ? 32 : 16, count: 0, maximum: 0x7fffffff },
  };
}

export function linuxTraits(cpu: CpuName, layout: LinuxLayout, memory: number, executeOnly = false): PosixTraits {
  return {
    os: 'linux',
    wordSize: cpu === 'ia32' ? 4 : 8,
    errno: linuxErrno,
    signals: signals(cpu),
    memory: memoryTraits(layout, memory, executeOnly),
    pthread: pthread(cpu),
    copiesTimes: cpu === 'ia32',
    sleepRounds: 'down',
    timedSemaphoreInterrupted: true,
    transfer: { limit: 0x7ffff000, beyond: 'cut' },
    libraryNames: { c: 'libc.so.6', threads: 'libpthread.so.0' },
  };
}
