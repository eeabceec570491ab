/** prctl: what a process says of itself. Source: prctl(2), kernel/sys.c (6.18). */
import type { Thread } from '../../../emulator/process/thread.js';
import { Errno } from '../../posix/kernel/errno.js';
import { posixThread } from '../../posix/posix-thread.js';
import { int } from '../../posix/system-call-table.js';
import type { Kernel, ProcessState } from './kernel.js';
import { seccomp } from './seccomp.js';

// prettier-ignore
const Pr = {
  SET_PDEATHSIG: 1, GET_PDEATHSIG: 2, GET_DUMPABLE: 3, SET_DUMPABLE: 4, GET_KEEPCAPS: 7, SET_KEEPCAPS: 8, GET_TIMING: 13, SET_TIMING: 14, SET_NAME: 15,
  GET_NAME: 16, GET_SECCOMP: 21, SET_SECCOMP: 22, CAPBSET_READ: 23, GET_TSC: 25, SET_TIMERSLACK: 29, GET_TIMERSLACK: 30, PERF_EVENTS_DISABLE: 31,
  PERF_EVENTS_ENABLE: 32, MCE_KILL: 33, MCE_KILL_GET: 34, SET_CHILD_SUBREAPER: 36, GET_CHILD_SUBREAPER: 37, SET_NO_NEW_PRIVS: 38, GET_NO_NEW_PRIVS: 39,
  GET_TID_ADDRESS: 40, SET_THP_DISABLE: 41, GET_THP_DISABLE: 42, GET_SPECULATION_CTRL: 52, SET_SPECULATION_CTRL: 53, SET_SYSCALL_USER_DISPATCH: 59,
  SET_MDWE: 65, GET_MDWE: 66, SET_MEMORY_MERGE: 67, GET_MEMORY_MERGE: 68, SET_VMA: 0x53564d41,
} as const;
const THREAD_NAME_BYTES = 16;

const USUAL_SLACK = 50000;
const MCE_KILL_DEFAULT = 2;
const SPECULATION_ENABLED = 2;

/** What prctl has set beside what others ask for. */
interface Own {
  parentDeathSignal: number;
  subreaper: boolean;
  noHugePages: boolean;
  merges: boolean;
}

const owns = new WeakMap<ProcessState, Own>();
const slacks = new WeakMap<Thread, number>();

export function processControl(kernel: Kernel, thread: Thread, args: number[]): number {
  const { user, state, system } = kernel;
  const own = owns.get(state) ?? { parentDeathSignal: 0, subreaper: false, noHugePages: false, merges: false };
  owns.set(state, own);
  const missing = (what: string): never => system.process.end({ kind: 'unsupported', text: `${what} is not provided` });
  const [word, second, third, fourth, fifth] = args;
  const none = third === 0 && fourth === 0 && fifth === 0;
  switch (int(word)) {
    case Pr.GET_DUMPABLE:
      return state.dumpable;
    case Pr.SET_DUMPABLE:
      if (second !== 0 && second !== 1) return -Errno.EINVAL;
      state.dumpable = second;
      return 0;
    case Pr.SET_PDEATHSIG:
      if (second > system.traits.signals.limit || second < 0) return -Errno.EINVAL;
      own.parentDeathSignal = second;
      return 0;
    case Pr.GET_PDEATHSIG:
      user.setU32(second, own.parentDeathSignal);
      return 0;
    case Pr.GET_KEEPCAPS:
      return state.keepCapabilities;
    case Pr.SET_KEEPCAPS:
      if (second > 1) return -Errno.EINVAL;
      state.keepCapabilities = second;
      return 0;
    case Pr.GET_TIMING:
      return 0;
    case Pr.SET_TIMING:
      return second === 0 ? 0 : -Errno.EINVAL;
    case Pr.SET_NAME:
      posixThread(thread).name = user.cString(second, THREAD_NAME_BYTES - 1);
      return 0;
    case Pr.GET_NAME: {
      const name = new Uint8Array(THREAD_NAME_BYTES);
      name.set(new TextEncoder().encode(posixThread(thread).name).subarray(0, THREAD_NAME_BYTES - 1));
      user.write(second, name);
      return 0;
    }
    case Pr.GET_SECCOMP:
      return 0;
    case Pr.CAPBSET_READ:
      return second > 40 ? -Errno.EINVAL : 1;
    case Pr.GET_TIMERSLACK:
      return slacks.get(thread) ?? USUAL_SLACK;
    case Pr.SET_TIMERSLACK:
      slacks.set(thread, second > 0 ? second : USUAL_SLACK);
      return 0;
    case Pr.PERF_EVENTS_DISABLE:
    case Pr.PERF_EVENTS_ENABLE:
      return 0;
    case Pr.MCE_KILL:
      // Clearing, and then nothing; or setting to early, late or the usual.
      if (!(second === 0 ? third === 0 : second === 1 && third < 3) || fourth !== 0 || fifth !== 0) return -Errno.EINVAL;
      return 0;
    case Pr.MCE_KILL_GET:
      return second !== 0 || !none ? -Errno.EINVAL : MCE_KILL_DEFAULT;
    case Pr.SET_CHILD_SUBREAPER:
      own.subreaper = second !== 0;
      return 0;
    case Pr.GET_CHILD_SUBREAPER:
      user.setU32(second, own.subreaper ? 1 : 0);
      return 0;
    case Pr.GET_TSC:
      if (system.process.cpu === 'arm64') return -Errno.EINVAL;
      user.setU32(second, 1);
      return 0;
    case Pr.SET_NO_NEW_PRIVS:
      if (second !== 1 || !none) return -Errno.EINVAL;
      state.noNewPrivileges = true;
      return 0;
    case Pr.GET_NO_NEW_PRIVS:
      return second !== 0 || !none ? -Errno.EINVAL : state.noNewPrivileges ? 1 : 0;
    case Pr.SET_THP_DISABLE:
      if (!none) return -Errno.EINVAL;
      own.noHugePages = second !== 0;
      return 0;
    case Pr.GET_THP_DISABLE:
      return second !== 0 || !none ? -Errno.EINVAL : own.noHugePages ? 1 : 0;
    case Pr.SET_SECCOMP:
      return second === 1 ? seccomp(kernel, 0, 0, 0) : second === 2 ? seccomp(kernel, 1, 0, third) : -Errno.EINVAL;
    case Pr.GET_SPECULATION_CTRL:
      // Nothing is in the way of speculation, and nobody may change that.
      return !none ? -Errno.EINVAL : second > 2 ? -Errno.ENODEV : SPECULATION_ENABLED;
    case Pr.SET_SPECULATION_CTRL:
      return fourth !== 0 || fifth !== 0 ? -Errno.EINVAL : second > 2 ? -Errno.ENODEV : -Errno.ENXIO;
    case Pr.SET_SYSCALL_USER_DISPATCH:
      if (system.process.cpu === 'arm64' || second > 2 || (second === 0 && !none)) return -Errno.EINVAL;
      return second === 0 ? 0 : missing('prctl(PR_SET_SYSCALL_USER_DISPATCH)');
    case Pr.SET_MDWE:
      if (!none || second & ~3 || second === 2) return -Errno.EINVAL;
      return second === 0 ? 0 : missing('prctl(PR_SET_MDWE)');
    case Pr.GET_MDWE:
      return second !== 0 || !none ? -Errno.EINVAL : 0;
    case Pr.SET_MEMORY_MERGE:
      if (!none) return -Errno.EINVAL;
      own.merges = second !== 0;
      return 0;
    case Pr.GET_MEMORY_MERGE:
      return second !== 0 || !none ? -Errno.EINVAL : own.merges ? 1 : 0;
    case Pr.SET_VMA:
      // Names of memory, which nobody sees here.
      return second !== 0 || third % 4096 !== 0 ? -Errno.EINVAL : 0;
    default:
      return -Errno.EINVAL;
  }
}
