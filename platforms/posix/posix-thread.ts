/** What a POSIX system keeps of a thread: its kernel side (number, signals, alternate stack) and its library side (pthread_t, errno, keys). */
import type { Word } from '../../emulator/abi/abi.js';
import type { Step } from '../../emulator/process/sequence.js';
import type { Thread } from '../../emulator/process/thread.js';
import { Cancelability } from './cancelability.js';
import { PendingSignals } from './pending-signals.js';
import { emptySet, type SignalSet } from './signal-set.js';

/** A signal on its way, with what its siginfo_t will say. */
export interface SignalInfo {
  signal: number;
  code: number;
  /** si_addr of a fault. */
  address?: number;
  /** Sender of kill and friends. */
  pid?: number;
  uid?: number;
  /** si_value, all its bits. */
  value?: bigint;
  /** Protection key of the page that refused an access (Linux's si_pkey). */
  key?: number;
  /** Machine trap behind it (siginfo's trap number on FreeBSD); undefined: not a fault. */
  trap?: number;
  /** For people: what happened and where, should nobody handle it. Put into words only then. */
  about?: string | (() => string);
  pc?: number;
  /** Called when it leaves the queue to be delivered or accepted. */
  taken?: (info: SignalInfo) => void;
  /** The timer that sent it: it has its place in the queue whatever else waits. */
  timer?: object;
}

export interface SignalAction {
  /** 0 SIG_DFL, 1 SIG_IGN, else an address. */
  handler: number;
  flags: number;
  mask: SignalSet;
  restorer: number;
}

export interface AlternateStack {
  enabled: boolean;
  sp: number;
  size: number;
  /** As given to sigaltstack. */
  flags: number;
  /** XNU's SA_ONSTACK: a handler was started on it, and neither sigreturn nor a longjmp has said since that it is left. */
  inUse?: boolean;
}

/** Machine state of the last fault, which x86 kernels show in every later frame. */
export interface TrapRecord {
  number: number;
  error: number;
  /** Fault address (cr2, far_el1). */
  address: number;
  /** ARM64: exception syndrome. */
  syndrome: number;
  /** macOS: code and subcode of the last Mach exception that became a signal (uu_code, uu_subcode). */
  code: number;
  subcode: number;
}

/** A call that a thread is in the middle of, and what becomes of it if the thread ends there. */
export interface Unfinished {
  sp: number;
  undo(): void;
  /** Called on the thread before its cleanup handlers. */
  step?: Step;
}

export class PosixThread {
  /** Changed in place. */
  readonly mask = emptySet();
  readonly pending = new PendingSignals();
  /** A copy of the mask to go back to, while sigsuspend's is in force. */
  suspendedMask: SignalSet | undefined;
  altStack: AlternateStack = { enabled: false, sp: 0, size: 0, flags: 0 };
  trap: TrapRecord = { number: 0, error: 0, address: 0, syndrome: 0, code: 0, subcode: 0 };
  /** The last fault, for who passes it on. */
  lastFault: { about: string | (() => string); pc: number } | undefined;
  /** Blocking calls that a handler has interrupted: they answer EINTR when taken up again. */
  interrupted: { pc: number; sp: number }[] = [];
  /** A system call by instruction that waits: a handler is about to run in its place. */
  interruptCall: ((restart: boolean) => void) | undefined;
  /** What such a call waits for has perhaps come before the signal: then it gets its result first. */
  takeUp: (() => void) | undefined;
  /** pthread_t as the guest sees it. */
  identity = 0;
  errnoAddress = 0;
  /** As pthread_setname_np and prctl set it. */
  name = '';
  /** What pthread_getattr_np says of its stack, where that is not [stackBase, stackLimit). */
  described: { base: number; size: number; guard: number } | undefined;
  /** The whole stack mapping, guard included; size 0: not ours to free. */
  stackMapping = { base: 0, size: 0 };
  /** A thread of the system itself: it doesn't keep the process alive. */
  service = false;
  detached = false;
  joined = false;
  readonly keys = new Map<number, Word>();
  readonly cancel = new Cancelability();
  /** The newest cleanup handler (macOS keeps it in the guest's struct). */
  cleanup = 0;
  /** What of the library it is in the middle of, newest last. */
  readonly unfinished: Unfinished[] = [];
  /** Robust mutexes that it has: where their state is. */
  readonly robust = new Set<number>();
  /** SP where its start routine was called; 0: not known. */
  startStack = 0;
  /** What pthread_exit was given. */
  exitValue: Word = 0n;

  constructor(
    readonly thread: Thread,
    /** The kernel's number for it. */
    readonly tid: number,
  ) {
    thread.os = this;
  }

  finished(call: Unfinished): void {
    const place = this.unfinished.indexOf(call);
    if (place >= 0) this.unfinished.splice(place, 1);
  }
}

export function posixThread({ os, id }: Thread): PosixThread {
  if (os instanceof PosixThread) return os;
  throw new Error(`thread ${id} is unknown to the POSIX library`);
}
