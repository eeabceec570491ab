/**
 * macOS as PosixTraits. Source: the SDK's headers for numbers and sizes; XNU's bsd/kern
 * and libpthread for behaviour.
 */
import type { CpuName } from '../../emulator/engine.js';
import { macErrno } from '../posix/errno.js';
import { bsdSignals } from '../posix/signal-numbers.js';
import type { MemoryTraits, PosixTraits, PthreadTraits, SignalTraits } from '../posix/traits.js';
import type { MacLayout } from './layout.js';

const MAP_JIT = 0x800;

const signals: SignalTraits = {
  numbers: bsdSignals,
  limit: 31,
  flags: { SIGINFO: 0x40, ONSTACK: 0x1, RESTART: 0x2, NODEFER: 0x10, RESETHAND: 0x4, RESTORER: 0 },
  how: { BLOCK: 1, UNBLOCK: 2, SETMASK: 3 },
  // SI_USER exists and is never said.
  codes: { USER: 0, THREAD: 0, KERNEL: 0 },
  // The minimum is the kernel's; MINSIGSTKSZ says more.
  altStack: {
    ONSTACK: 1,
    DISABLE: 4,
    AUTODISARM: 0,
    modes: [0, 4],
    minimum: 8192,
    lowestCounts: false,
    remembersUse: true,
    keepsDisabled: true,
    useCheckedLast: true,
  },
  kernel: {
    setBytes: 4,
    // {handler, trampoline, mask, flags} in, {handler, mask, flags} out.
    action: { handler: 0, restorer: 8, mask: 16, flags: 20 },
    oldAction: { handler: 0, mask: 8, flags: 12 },
    // ONSTACK RESTART RESETHAND NOCLDSTOP NODEFER NOCLDWAIT SIGINFO.
    knownFlags: 0x7f,
    unknownFlags: 'dropped',
    fixedActions: 'not even asked for',
    oldFirst: true,
    ignoresBadSets: true,
    pendingBlocked: false,
    maskIsOfProcess: true,
    numberCheckedFirst: true,
    blockedFault: 'repeats',
    initialFlags: 0x2,
    childFlags: 0x28,
    untoldFlags: 0x4,
    neverReset: ['SIGILL', 'SIGTRAP'],
  },
  library: {
    oldAction: false,
    newMask: false,
    waitSet: false,
    suspendSet: true,
    waitResult: false,
    unblockedSetIsKernels: false,
    suspendsWithoutSet: true,
    signalMasksItself: false,
    changesSpareReserved: false,
    raiseSparesReserved: false,
    fillSparesReserved: false,
    killSparesReserved: false,
    killChecksNumberFirst: true,
  },
  redZone: 128,
  frameFailure: 'SIGILL',
  reserved: [],
  sigset: { size: 4 },
  sigaction: { size: 16, handler: 0, mask: 8, flags: 12 },
  stack: { size: 24, sp: 0, flags: 16, length: 8 },
  siginfo: { size: 104, signo: 0, errno: 4, code: 8, pid: 12, uid: 16, address: 0x18, value: 0x20 },
};

function memory(layout: MacLayout, writeExecute: MemoryTraits['writeExecute'], jitNeedsEntitlement: boolean): MemoryTraits {
  return {
    pageSize: layout.pageSize,
    // Known: SHARED PRIVATE FIXED RENAME NORESERVE 0080 NOEXTEND HASSEMAPHORE NOCACHE JIT ANON RESILIENT_* 32BIT TRANSLATED UNIX03 TPRO.
    flags: {
      SHARED: 1,
      PRIVATE: 2,
      FIXED: 0x10,
      ANON: 0x1000,
      NOREPLACE: 0,
      occupied: 'EEXIST',
      noReplaceAlone: 'EINVAL',
      known: 0xeffff3,
    },
    lowest: 0x100000000,
    limit: layout.userLimit,
    belowLowest: 'ENOMEM',
    beyondLimit: 'ENOMEM',
    topDown: false,
    mmapBase: layout.programBase,
    hintRounds: 'up',
    needsSharing: true,
    refusesUnknownFlags: true,
    roundsDown: false,
    protectHole: 'fail',
    badProtection: 'masked',
    // Tags of VM_MAKE_TAG, and VM_FLAGS_PURGABLE, _4GB_CHUNK and _SUPERPAGE_MASK.
    anonymousFd: 0xff070006,
    writeExecute,
    jit: { flag: MAP_JIT, needsEntitlement: jitNeedsEntitlement },
    executeOnly: false,
    overcommitLimit: Infinity,
    adviceRoundsDown: true,
    // MADV_ZERO_WIRED_PAGES, _FREE_REUSABLE, _ZERO (vm_map_behavior_set of osfmk/vm/vm_map.c).
    advice: {
      known: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11],
      unsupported: 10,
      needsWriting: [6, 7, 11],
      zeroes: 11,
      hole: 'EINVAL',
      outside: 'ENOMEM',
    },
  };
}

function pthread(layout: MacLayout): PthreadTraits {
  const direct = (size: number): { size: number; indirect: boolean } => ({ size, indirect: false });
  return {
    cancel: {
      enable: 1,
      disable: 0,
      deferred: 2,
      asynchronous: 0,
      canceled: 1n,
      asynchronousActs: false,
      cancelsEnded: true,
      unwindWords: 0,
    },
    mutex: {
      ...direct(64),
      kind: 12,
      lock: 16,
      count: 20,
      owner: 24,
      kindMask: 3,
      normal: 0,
      errorCheck: 1,
      recursive: 2,
      defaultKind: 0,
      staticKinds: { 0x32aaaba7: 0, 0x32aaaba1: 1, 0x32aaaba2: 2 },
    },
    attr: direct(64),
    mutexAttr: direct(16),
    condAttr: direct(16),
    rwlockAttr: direct(24),
    barrierAttr: direct(0),
    cond: direct(48),
    rwlock: direct(200),
    barrier: undefined,
    once: { state: 0, init: 0x30b1bcba, done: 0x4f4e4345 },
    keyBytes: 8,
    firstKey: 256,
    keysMax: 512,
    destructorIterations: 4,
    killsEnded: false,
    sharing: { shared: 1, private: 2 },
    detached: 2,
    joinable: 1,
    stackMinimum: layout.pageSize === 16384 ? 16384 : 8192,
    defaultStack: 512 << 10,
    defaultGuard: layout.pageSize,
    minimumGuard: 0,
    barrierSerial: -1,
    condClock: 44,
    clockRealtime: 0,
    clockMonotonic: 6,
    clocksPerSecond: 1_000_000,
    otherRealtimeClocks: [],
    otherClocks: [4, 5, 8, 9],
    processClocks: [12],
    threadClocks: [16],
    // sem_init answers ENOSYS: only named semaphores exist.
    semaphore: { size: 4, count: 0, unsupported: true, maximum: 32767 },
  };
}

/** `hardened`: nothing can be written and executed at once. */
export function macTraits(cpu: CpuName, layout: MacLayout, hardened: boolean): PosixTraits {
  return {
    os: 'macos',
    wordSize: 8,
    errno: macErrno,
    signals,
    memory: memory(layout, hardened ? 'EACCES' : 'allowed', cpu === 'arm64'),
    pthread: pthread(layout),
    // ARG_MAX, CLK_TCK, OPEN_MAX, PAGESIZE, NPROCESSORS_CONF and _ONLN, THREAD_STACK_MIN, PHYS_PAGES.
    copiesTimes: true,
    sleepRounds: 'up',
    timedSemaphoreInterrupted: false,
    transfer: { limit: 0x7fffffff, beyond: 'EINVAL' },
    libraryNames: { c: 'libSystem.B.dylib', threads: 'libsystem_pthread.dylib' },
  };
}
