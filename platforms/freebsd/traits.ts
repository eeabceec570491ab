/** FreeBSD 13 and 14 with libthr as PosixTraits. Source: their headers; kernel and libthr sources for the behaviour. */
import type { CpuName } from '../../emulator/engine.js';
import { bsdErrno } from '../posix/errno.js';
import { bsdSignals } from '../posix/signal-numbers.js';
import type { MemoryTraits, PosixTraits, PthreadTraits, SignalTraits } from '../posix/traits.js';
import type { FreeBsdLayout } from './layout.js';

/** SIGTHR, by which libthr cancels. */
const LIBRARY_SIGNALS = [32];

function signals(wide: boolean): SignalTraits {
  const action = wide ? { handler: 0, flags: 8, mask: 0xc } : { handler: 0, flags: 4, mask: 8 };
  return {
    numbers: bsdSignals,
    limit: 128,
    flags: { SIGINFO: 0x40, ONSTACK: 0x1, RESTART: 0x2, NODEFER: 0x10, RESETHAND: 0x4, RESTORER: 0 },
    how: { BLOCK: 1, UNBLOCK: 2, SETMASK: 3 },
    codes: { USER: 0x10001, THREAD: 0x10007, KERNEL: 0x10006 },
    altStack: {
      ONSTACK: 1,
      DISABLE: 4,
      AUTODISARM: 0,
      modes: [0, 4],
      minimum: 2048,
      lowestCounts: true,
      remembersUse: false,
      keepsDisabled: true,
      useCheckedLast: false,
    },
    kernel: {
      setBytes: 16,
      action,
      oldAction: action,
      // ONSTACK RESTART RESETHAND NOCLDSTOP NODEFER NOCLDWAIT SIGINFO.
      knownFlags: 0x7f,
      unknownFlags: 'EINVAL',
      fixedActions: 'only SIG_DFL',
      oldFirst: false,
      ignoresBadSets: false,
      pendingBlocked: false,
      maskIsOfProcess: false,
      numberCheckedFirst: true,
      // kern.sigqueue.max_pending_per_proc.
      allWait: 128,
      blockedFault: 'kills',
      initialFlags: 0x2,
      childFlags: 0x28,
      untoldFlags: 0,
      neverReset: [],
    },
    library: {
      oldAction: true,
      newMask: true,
      waitSet: true,
      suspendSet: true,
      waitResult: false,
      unblockedSetIsKernels: true,
      suspendsWithoutSet: false,
      signalMasksItself: false,
      changesSpareReserved: false,
      raiseSparesReserved: false,
      fillSparesReserved: false,
      killSparesReserved: false,
      killChecksNumberFirst: true,
    },
    redZone: 128,
    frameFailure: 'SIGILL',
    reserved: LIBRARY_SIGNALS,
    sigset: { size: 16 },
    sigaction: { ...action, size: wide ? 32 : 24 },
    stack: wide ? { size: 24, sp: 0, flags: 0x10, length: 8 } : { size: 12, sp: 0, flags: 8, length: 4 },
    siginfo: wide
      ? { size: 80, signo: 0, errno: 4, code: 8, address: 0x18, pid: 0xc, uid: 0x10, value: 0x20, trap: 0x28 }
      : { size: 64, signo: 0, errno: 4, code: 8, address: 0x18, pid: 0xc, uid: 0x10, value: 0x1c, trap: 0x20 },
  };
}

/** SHARED PRIVATE FIXED HASSEMAPHORE STACK NOSYNC ANON GUARD EXCL NOCORE PREFAULT 32BIT ALIGNED(n). */
const KNOWN_FLAGS = 0xff0e7e13;

function memory(layout: FreeBsdLayout): MemoryTraits {
  return {
    pageSize: 4096,
    flags: {
      SHARED: 1,
      PRIVATE: 2,
      FIXED: 0x10,
      ANON: 0x1000,
      NOREPLACE: 0x4000,
      occupied: 'ENOMEM',
      noReplaceAlone: 'EINVAL',
      known: KNOWN_FLAGS,
    },
    lowest: 4096,
    limit: layout.userLimit,
    belowLowest: 'EINVAL',
    beyondLimit: 'EINVAL',
    topDown: false,
    mmapBase: layout.mmapBase,
    hintRounds: 'up',
    needsSharing: false,
    refusesUnknownFlags: true,
    roundsDown: true,
    protectHole: 'skip',
    badProtection: 'EINVAL',
    anonymousFd: undefined,
    writeExecute: 'allowed',
    executeOnly: false,
    overcommitLimit: Infinity,
    adviceRoundsDown: true,
    advice: { known: [], needsWriting: [], hole: 'EINVAL', outside: 'EINVAL' },
  };
}

function pthread(wide: boolean): PthreadTraits {
  const pointer = { size: wide ? 8 : 4, indirect: true };
  return {
    cancel: {
      enable: 0,
      disable: 1,
      deferred: 0,
      asynchronous: 2,
      canceled: 1n,
      asynchronousActs: true,
      cancelsEnded: false,
      unwindWords: 0,
    },
    mutex: {
      ...pointer,
      lock: 0,
      count: 4,
      owner: 8,
      kind: 12,
      kindMask: 7,
      normal: 3,
      recursive: 2,
      errorCheck: 1,
      defaultKind: 1,
      adaptive: 4,
      staticKinds: {},
    },
    attr: pointer,
    mutexAttr: pointer,
    condAttr: pointer,
    rwlockAttr: pointer,
    barrierAttr: pointer,
    cond: pointer,
    rwlock: pointer,
    barrier: pointer,
    once: { state: 0, init: 0, done: 1 },
    keyBytes: 4,
    firstKey: 1,
    keysMax: 256,
    destructorIterations: 4,
    killsEnded: false,
    sharing: { shared: 1, private: 0 },
    detached: 1,
    joinable: 0,
    stackMinimum: 2048,
    defaultStack: wide ? 2 << 20 : 1 << 20,
    defaultGuard: 4096,
    minimumGuard: 0,
    barrierSerial: -1,
    condClock: 0,
    clockRealtime: 0,
    clockMonotonic: 4,
    clocksPerSecond: 128,
    otherRealtimeClocks: [9, 10, 13],
    otherClocks: [5, 7, 8, 11, 12],
    processClocks: [1, 2, 15],
    threadClocks: [14],
    semaphore: { size: 16, count: 4, magic: { offset: 0, value: 0x09fa4012 }, maximum: 0x7fffffff, lookedAtAgain: true },
  };
}

export function freebsdTraits(cpu: CpuName, layout: FreeBsdLayout): PosixTraits {
  const wide = cpu !== 'ia32';
  return {
    os: 'freebsd',
    wordSize: wide ? 8 : 4,
    errno: bsdErrno,
    signals: signals(wide),
    memory: memory(layout),
    pthread: pthread(wide),
    copiesTimes: false,
    sleepRounds: 'up',
    timedSemaphoreInterrupted: false,
    transfer: { limit: 0x7fffffff, beyond: 'EINVAL' },
    libraryNames: { c: 'libc.so.7', threads: 'libthr.so.3' },
  };
}
