/**
 * Where the POSIX systems differ, as data: numbers, sizes of what guests see,
 * and rules of the memory calls. Each OS fills one in; the code in this folder
 * reads it. Source: the systems' headers, and POSIX.1-2017 for the rest.
 */

// prettier-ignore
export type ErrnoName =
  | 'EPERM' | 'ENOENT' | 'ESRCH' | 'EINTR' | 'EBADF' | 'EAGAIN' | 'ENOMEM' | 'EACCES' | 'EFAULT' | 'EBUSY' | 'EEXIST'
  | 'ENODEV' | 'EINVAL' | 'ERANGE' | 'EDEADLK' | 'ENOSYS' | 'ETIMEDOUT' | 'EOVERFLOW' | 'ENOTSUP' | 'EOWNERDEAD' | 'ENOTRECOVERABLE'
  | 'ENAMETOOLONG';

export type ErrnoNumbers = Readonly<Record<ErrnoName, number>>;

/** Signal numbers by name; not every system has all. */
export type SignalNumbers = Readonly<Record<string, number>>;

/** Offsets in a struct sigaction. */
export interface ActionLayout {
  handler: number;
  flags: number;
  mask: number;
  restorer?: number;
}

/** Offsets of the members of the C library's struct sigaction, stack_t and siginfo_t. */
export interface SignalLayouts {
  sigset: { size: number };
  sigaction: ActionLayout & { size: number };
  stack: { size: number; sp: number; flags: number; length: number };
  siginfo: {
    size: number;
    signo: number;
    errno: number;
    code: number;
    address: number;
    pid: number;
    uid: number;
    value: number;
    trap?: number;
  };
}

export interface SignalTraits extends SignalLayouts {
  numbers: SignalNumbers;
  /** Highest signal number. */
  limit: number;
  /** sa_flags; RESTORER 0: there is none. */
  flags: { SIGINFO: number; ONSTACK: number; RESTART: number; NODEFER: number; RESETHAND: number; RESTORER: number };
  /** First argument of sigprocmask. */
  how: { BLOCK: number; UNBLOCK: number; SETMASK: number };
  /** si_code. */
  codes: { USER: number; THREAD: number; KERNEL: number };
  altStack: AlternateStackTraits;
  kernel: SignalKernelTraits;
  library: SignalLibraryTraits;
  /** Bytes below SP that the kernel leaves alone when it pushes a frame (not on an alternate stack). */
  redZone: number;
  /** What a process dies of whose signal frame can't be written. */
  frameFailure: 'SIGSEGV' | 'SIGILL';
  /** Signals that the C library keeps for itself. */
  reserved: readonly number[];
}

export interface AlternateStackTraits {
  /** ss_flags; AUTODISARM 0: there is none. */
  ONSTACK: number;
  DISABLE: number;
  AUTODISARM: number;
  /** What ss_flags may be, AUTODISARM aside. */
  modes: readonly number[];
  /** The smallest that sigaltstack takes. */
  minimum: number;
  /** SP at the lowest address is on it, and at its end is not; else the other way round. */
  lowestCounts: boolean;
  /** Its use is a flag that frames set and sigreturn clears (XNU), whatever SP is. */
  remembersUse: boolean;
  /** Place and size are still told after it was disabled. */
  keepsDisabled: boolean;
  /** Flags are checked before its use is, and disabling it in use is EINVAL. */
  useCheckedLast: boolean;
}

/** Where the kernels' signal calls differ. */
export interface SignalKernelTraits {
  /** Bytes of a set. */
  setBytes: 4 | 8 | 16;
  /** struct sigaction as the kernel takes it, and as it gives the old one. */
  action: ActionLayout;
  oldAction: ActionLayout;
  /** sa_flags that are kept; others of a handler are EINVAL or dropped. */
  knownFlags: number;
  unknownFlags: 'EINVAL' | 'dropped';
  /** Actions of SIGKILL and SIGSTOP. */
  fixedActions: 'never set' | 'only SIG_DFL' | 'not even asked for';
  /** What was is copied out before the change; else after it, and a bad place for it leaves the change made. */
  oldFirst: boolean;
  /** A set that can't be copied out is no error. */
  ignoresBadSets: boolean;
  /** sigpending tells of blocked signals only. */
  pendingBlocked: boolean;
  /** sigprocmask changes all threads. */
  maskIsOfProcess: boolean;
  /** kill checks the signal's number before it looks for the process. */
  numberCheckedFirst: boolean;
  /** All signals of a number wait, not one of an ordinary number: up to so many for a process. */
  allWait?: number;
  /** A fault whose signal is blocked or ignored ends the process; else the signal waits (or is forgotten), and the instruction faults for ever. */
  blockedFault: 'kills' | 'repeats';
  /** sa_flags of an action that was never set, and those that the kernel keeps for SIGCHLD alone, and those it never tells. */
  initialFlags: number;
  childFlags: number;
  untoldFlags: number;
  /** Signals whose handlers stay, SA_RESETHAND or not. */
  neverReset: readonly string[];
}

/** What the C libraries do themselves, with the program's permissions, before the kernel sees it. */
export interface SignalLibraryTraits {
  /** Structures that they read or write: what can't be is a fault, not EFAULT. */
  oldAction: boolean;
  newMask: boolean;
  waitSet: boolean;
  suspendSet: boolean;
  /** sigwait's result, which some kernels store. */
  waitResult: boolean;
  /** sigprocmask leaves the set to the kernel where signals are unblocked (libthr: its own signal needs no care then). */
  unblockedSetIsKernels: boolean;
  /** sigsuspend without a set blocks nothing. */
  suspendsWithoutSet: boolean;
  /** signal() blocks the signal in its handler by sa_mask too. */
  signalMasksItself: boolean;
  /** sigaddset and sigdelset, and raise, refuse the reserved signals. */
  changesSpareReserved: boolean;
  raiseSparesReserved: boolean;
  /** sigfillset leaves the reserved signals out. */
  fillSparesReserved: boolean;
  /** pthread_kill refuses the reserved signals; it checks the number before it looks for the thread. */
  killSparesReserved: boolean;
  killChecksNumberFirst: boolean;
}

export interface MapFlags {
  SHARED: number;
  PRIVATE: number;
  FIXED: number;
  ANON: number;
  /** Fixed without replacing: what it says where something is, and what it means without FIXED. */
  NOREPLACE: number;
  occupied: ErrnoName;
  noReplaceAlone: 'fixed' | 'EINVAL';
  /** Every bit that is known; the rest is refused or ignored. */
  known: number;
}

export interface MemoryTraits {
  pageSize: number;
  flags: MapFlags;
  /** Lowest address given out, and the end of user space. */
  lowest: number;
  limit: number;
  /** Fixed mappings below `lowest`, and beyond `limit`. */
  belowLowest: ErrnoName;
  beyondLimit: ErrnoName;
  /** Where unplaced mappings go: down from `mmapBase`, or up from it. */
  topDown: boolean;
  mmapBase: number;
  /** Where an unaligned hint is rounded to. */
  hintRounds: 'down' | 'up';
  /** MAP_SHARED or MAP_PRIVATE must be given. */
  needsSharing: boolean;
  refusesUnknownFlags: boolean;
  /** munmap and mprotect round an unaligned address down instead of failing. */
  roundsDown: boolean;
  /** mprotect over a hole: skip it, or change the leading part and fail with ENOMEM, or fail at once. */
  protectHole: 'skip' | 'partial' | 'fail';
  badProtection: 'EINVAL' | 'masked';
  /** What the descriptor of an anonymous mapping may be, besides -1: bits of it; undefined: anything. */
  anonymousFd: number | undefined;
  /** May pages be writable and executable at once? */
  writeExecute: 'allowed' | 'EACCES';
  /** PROT_EXEC alone makes pages that data accesses can't read either. */
  executeOnly: boolean;
  /** MAP_JIT, and whether it needs an entitlement, which programs here don't have. */
  jit?: { flag: number; needsEntitlement: boolean };
  /** Largest single writable private mapping (heuristic overcommit); Infinity where the OS is lazy. */
  overcommitLimit: number;
  /** madvise rounds an unaligned address down instead of failing. */
  adviceRoundsDown: boolean;
  /** madvise, where a kernel has no rules of its own: numbers that it knows, one that it knows and doesn't do, those for memory that can be written
   * alone (EPERM), one that zeroes it (and not what can be executed), and what it says of memory that isn't there and of addresses that nobody has. */
  advice: {
    known: readonly number[];
    unsupported?: number;
    needsWriting: readonly number[];
    zeroes?: number;
    hole: ErrnoName;
    outside: ErrnoName;
  };
}

/** Where the state of one kind of pthread object lives in its bytes. */
export interface ObjectTraits {
  /** sizeof of the type that programs declare. */
  size: number;
  /** The declared object is a pointer to the real one, null before its first use. */
  indirect: boolean;
}

export interface MutexTraits extends ObjectTraits {
  /** Offsets in the real object: lock word (0 free), recursion count, owner's thread number, kind. */
  lock: number;
  count: number;
  owner: number;
  kind: number;
  /** Bits of the kind word that hold PTHREAD_MUTEX_*. */
  kindMask: number;
  normal: number;
  recursive: number;
  errorCheck: number;
  defaultKind: number;
  /** PTHREAD_MUTEX_ADAPTIVE_NP. */
  adaptive?: number;
  /** First word of a static initializer that needs more than zero bytes -> kind (macOS signatures). */
  staticKinds: Readonly<Record<number, number>>;
}

/** Numbers of cancellation. */
export interface CancelTraits {
  enable: number;
  disable: number;
  deferred: number;
  asynchronous: number;
  /** PTHREAD_CANCELED. */
  canceled: bigint;
  /** A thread of asynchronous type is reached wherever it is. */
  asynchronousActs: boolean;
  /** pthread_cancel of a thread that has ended but not been joined succeeds. */
  cancelsEnded: boolean;
  /** Offset in glibc's __pthread_unwind_buf_t of what lies behind the jmp_buf. */
  unwindWords: number;
}

export interface PthreadTraits {
  cancel: CancelTraits;
  mutex: MutexTraits;
  /** Sizes of the declared attribute objects, and how they are kept. */
  attr: ObjectTraits;
  mutexAttr: ObjectTraits;
  condAttr: ObjectTraits;
  rwlockAttr: ObjectTraits;
  barrierAttr: ObjectTraits;
  cond: ObjectTraits;
  rwlock: ObjectTraits;
  /** Undefined: there are no barriers. */
  barrier: ObjectTraits | undefined;
  /** Offset of the state word in pthread_once_t: `onceInit` before, `onceDone` after. */
  once: { state: number; init: number; done: number };
  keyBytes: 4 | 8;
  /** Number of the first key. */
  firstKey: number;
  keysMax: number;
  destructorIterations: number;
  /** pthread_kill of a thread that has ended but not been joined succeeds (glibc since 2.34) instead of ESRCH. */
  killsEnded: boolean;
  /** PTHREAD_PROCESS_SHARED and _PRIVATE. */
  sharing: { shared: number; private: number };
  detached: number;
  joinable: number;
  stackMinimum: number;
  defaultStack: number;
  defaultGuard: number;
  /** The smallest that a guard really is, whatever is reported. */
  minimumGuard: number;
  barrierSerial: number;
  /** Offset of a word of the condition variable that says its clock. */
  condClock: number;
  clockRealtime: number;
  clockMonotonic: number;
  /** CLOCKS_PER_SEC. */
  clocksPerSecond: number;
  /** Clocks that read as the realtime one does: coarse, fast, TAI. */
  otherRealtimeClocks: readonly number[];
  /** Clocks that count as the monotonic one does: coarse, raw. */
  otherClocks: readonly number[];
  /** CPU time of the process, and of the calling thread. */
  processClocks: readonly number[];
  threadClocks: readonly number[];
  /** sem_t: where its count lies; `unsupported`: sem_init answers ENOSYS. */
  semaphore: {
    size: number;
    count: number;
    magic?: { offset: number; value: number };
    unsupported?: boolean;
    maximum: number;
    /** A wait that a handler has ended tries the count once more. */
    lookedAtAgain?: boolean;
  };
}

export interface PosixTraits {
  os: 'linux' | 'freebsd' | 'macos';
  wordSize: 4 | 8;
  errno: ErrnoNumbers;
  signals: SignalTraits;
  memory: MemoryTraits;
  pthread: PthreadTraits;
  /** The C library reads a struct timespec itself before it calls the kernel (glibc where time_t has 32 bits, Libc). */
  copiesTimes: boolean;
  /** What sleep() says is left, in whole seconds. */
  sleepRounds: 'down' | 'up';
  /** A handler ends sem_timedwait whatever its SA_RESTART. */
  timedSemaphoreInterrupted: boolean;
  /** Bytes that one read or write moves at most; more are cut, or EINVAL. */
  transfer: { limit: number; beyond: 'cut' | 'EINVAL' };
  /** Libraries that the calls are found in. */
  libraryNames: { c: string; threads: string };
}
