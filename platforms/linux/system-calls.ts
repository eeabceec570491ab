/**
 * System calls that guests make by instruction. The way back from signal handlers
 * always comes this way; besides it the calls that need no C library. What isn't here
 * answers ENOSYS, as a kernel without it does. Source: man-pages section 2; entry conventions of the three CPUs.
 */
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { syscallClobbers } from '../../emulator/cpu/system-call.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Thread } from '../../emulator/process/thread.js';
import { REALTIME_EPOCH } from '../posix/clock.js';
import type { PosixOs } from '../posix/posix-os.js';
import { posixThread } from '../posix/posix-thread.js';
import { onAlternateStack } from '../posix/signal-frames.js';
import { exclude, include, readSet, writeSet } from '../posix/signal-set.js';
import type { LinuxFrames } from './frames.js';
import { systemCallNames, type SystemCallName } from './system-call-numbers.js';

const ARGUMENTS = {
  ia32: [X86.rbx, X86.rcx, X86.rdx, X86.rsi, X86.rdi, X86.rbp],
  'x86-64': [X86.rdi, X86.rsi, X86.rdx, X86.r10, X86.r8, X86.r9],
  arm64: [A64.x0, A64.x1, A64.x2, A64.x3, A64.x4, A64.x5],
} as const;
const SET_BYTES = 8;
const ARCH_SET_GS = 0x1001;
const ARCH_SET_FS = 0x1002;
const ARCH_GET_FS = 0x1003;

export class LinuxSystemCalls {
  private readonly names: Map<number, SystemCallName>;
  private readonly byName: Record<SystemCallName, (thread: Thread, a: number[]) => number | undefined>;

  constructor(
    private readonly os: PosixOs,
    private readonly frames: LinuxFrames,
  ) {
    this.names = systemCallNames(os.process.cpu);
    this.byName = this.table();
  }

  /** The thread (loaded) has executed its system call instruction; PC is after it. */
  dispatch(thread: Thread): void {
    const { process } = this.os;
    const { cpu } = process;
    const registers = process.registers(thread);
    const number = cpu === 'arm64' ? registers.lo(A64.x8) : registers.lo(X86.rax);
    const name = this.names.get(number);
    if (name === 'rt_sigreturn' || name === 'sigreturn') return this.sigreturn(thread, name === 'sigreturn');
    if (cpu === 'x86-64') syscallClobbers(registers);
    const args = ARGUMENTS[cpu].map((slot) => registers.get(slot));
    let result: number | undefined;
    try {
      result = name ? this.byName[name](thread, args) : -this.os.traits.errno.ENOSYS;
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      result = -this.os.traits.errno.EFAULT;
    }
    if (result !== undefined) this.setResult(thread, result);
    if (thread.state !== 'ended' && this.os.signals.hasDeliverable(thread)) this.os.signals.deliver(thread);
  }

  private setResult(thread: Thread, result: number): void {
    const { process } = this.os;
    const registers = process.registers(thread);
    const slot = process.cpu === 'arm64' ? A64.x0 : X86.rax;
    registers.set(slot, process.cpu === 'ia32' ? result >>> 0 : result);
  }

  private sigreturn(thread: Thread, old: boolean): void {
    const { os } = this;
    const mask = this.frames.sigreturn(thread, old);
    if (!mask) {
      const { SIGSEGV } = os.traits.signals.numbers;
      os.signals.force(thread, { signal: SIGSEGV, code: os.traits.signals.codes.KERNEL, about: 'sigreturn found a bad signal frame' });
      return;
    }
    os.signals.setMask(thread, mask);
    if (os.process.events.on) os.process.events.emit('signal-return');
    if (os.signals.hasDeliverable(thread)) os.signals.deliver(thread);
  }

  private table(): Record<SystemCallName, (thread: Thread, a: number[]) => number | undefined> {
    const { os } = this;
    const { process, memory, traits, signals } = os;
    const { errno } = traits;
    const user = process.user;
    const word = user.wordSize;
    const int = (value: number): number => (value % 0x100000000) | 0;
    const exit = (_thread: Thread, [code]: number[]): never => process.end({ kind: 'exit', code: code & 0xff });
    const threadOf = (tid: number): Thread | undefined => process.threads.find((t) => posixThread(t).tid === tid);
    const sendTo = (tid: number, signal: number): number => {
      const target = threadOf(tid);
      if (!target || target.state === 'ended') return -errno.ESRCH;
      if (signal < 0 || signal > traits.signals.limit) return -errno.EINVAL;
      if (signal > 0) signals.sendToThread(target, { signal, code: traits.signals.codes.THREAD, pid: os.pid });
      return 0;
    };
    const mmap = (_t: Thread, [address, length, prot, flags, fd, offset]: number[]): number =>
      memory.mmap(address, length, int(prot), int(flags), int(fd), offset);
    const root = (): number => 0;
    return {
      read: (_t, [fd, address, length]) => {
        if (int(fd) !== 0) return -errno.EBADF;
        const bytes = os.options.input(Math.min(length, 0x7ffff000));
        user.write(address, bytes);
        return bytes.length;
      },
      write: (_t, [fd, address, length]) => {
        if (int(fd) !== 1 && int(fd) !== 2) return -errno.EBADF;
        os.options.output(int(fd) as 1 | 2, user.bytes(address, Math.min(length, 0x7ffff000)));
        return length;
      },
      close: (_t, [fd]) => (int(fd) >= 0 && int(fd) <= 2 ? 0 : -errno.EBADF),
      mmap,
      mmap2: (t, [address, length, prot, flags, fd, page]) => mmap(t, [address, length, prot, flags, fd, page * 4096]),
      munmap: (_t, [address, length]) => memory.munmap(address, length),
      mprotect: (_t, [address, length, prot]) => memory.mprotect(address, length, int(prot)),
      madvise: (_t, [address, length, advice]) => memory.madvise(address, length, int(advice)),
      // The break can't be moved by instruction: the C library's allocator has it.
      brk: () => 0,
      exit: (thread, [code]) => {
        const others = process.threads.some((t) => t !== thread && t.state !== 'ended');
        if (!others) process.end({ kind: 'exit', code: code & 0xff });
        process.endThread(thread, code);
        return undefined;
      },
      exit_group: exit,
      sched_yield: () => {
        process.reschedule = true;
        return 0;
      },
      getuid: root,
      geteuid: root,
      getgid: root,
      getegid: root,
      arch_prctl: (thread, [code, address]) => {
        const registers = process.registers(thread);
        if (code === ARCH_SET_FS || code === ARCH_SET_GS) {
          if (address >= traits.memory.limit) return -errno.EPERM;
          registers.set(code === ARCH_SET_FS ? X86.fsBase : X86.gsBase, address);
          return 0;
        }
        if (code !== ARCH_GET_FS) return -errno.EINVAL;
        user.setWord(address, registers.get(X86.fsBase));
        return 0;
      },
      rt_sigaction: (_t, [signal, wanted, old, bytes]) => {
        const { numbers } = traits.signals;
        if (bytes !== SET_BYTES || signal < 1 || signal > traits.signals.limit) return -errno.EINVAL;
        if (wanted !== 0 && (signal === numbers.SIGKILL || signal === numbers.SIGSTOP)) return -errno.EINVAL;
        const action = signals.actions[signal];
        const next = wanted !== 0 && {
          handler: user.word(wanted),
          flags: user.u32(wanted + word),
          restorer: user.word(wanted + 2 * word),
          mask: readSet(user, wanted + 3 * word, SET_BYTES),
        };
        if (old !== 0) {
          user.setWord(old, action.handler);
          user.setWord(old + word, action.flags);
          user.setWord(old + 2 * word, action.restorer);
          writeSet(user, old + 3 * word, SET_BYTES, action.mask);
        }
        if (next) {
          const SA_RESTORER = 0x4000000;
          signals.actions[signal] = { ...next, restorer: next.flags & SA_RESTORER ? next.restorer : 0 };
          signals.discardIgnored(signal);
        }
        return 0;
      },
      rt_sigprocmask: (thread, [how, wanted, old, bytes]) => {
        if (bytes !== SET_BYTES) return -errno.EINVAL;
        const { mask } = posixThread(thread);
        const next = mask.slice();
        if (wanted !== 0) {
          const set = readSet(user, wanted, SET_BYTES);
          if (how === 0) include(next, set);
          else if (how === 1) exclude(next, set);
          else if (how === 2) next.set(set);
          else return -errno.EINVAL;
        }
        if (old !== 0) writeSet(user, old, SET_BYTES, mask);
        if (wanted !== 0) signals.setMask(thread, next);
        return 0;
      },
      rt_sigreturn: () => undefined,
      sigreturn: () => undefined,
      rt_sigpending: (thread, [address]) => {
        const { mask } = posixThread(thread);
        writeSet(
          user,
          address,
          SET_BYTES,
          signals.pendingFor(thread).map((w, i) => w & mask[i]),
        );
        return 0;
      },
      sigaltstack: (thread, [wanted, old]) => {
        const state = posixThread(thread);
        const { stack, altStack } = traits.signals;
        const on = onAlternateStack(state, process.registers(thread).get(process.abi.sp));
        const next = wanted !== 0 && {
          sp: user.word(wanted + stack.sp),
          flags: user.u32(wanted + stack.flags),
          size: user.word(wanted + stack.length),
        };
        if (old !== 0) {
          user.setWord(old + stack.sp, state.altStack?.sp ?? 0);
          user.setU32(old + stack.flags, state.altStack ? (on ? altStack.ONSTACK : 0) : altStack.DISABLE);
          user.setWord(old + stack.length, state.altStack?.size ?? 0);
        }
        if (!next) return 0;
        if (on) return -errno.EPERM;
        if (!(next.flags & altStack.DISABLE) && next.size < altStack.minimum) return -errno.ENOMEM;
        state.altStack = next.flags & altStack.DISABLE ? undefined : { sp: next.sp, size: next.size };
        return 0;
      },
      kill: (_t, [pid, signal]) => {
        if (int(pid) !== os.pid && int(pid) !== 0) return -errno.ESRCH;
        if (int(signal) < 0 || int(signal) > traits.signals.limit) return -errno.EINVAL;
        if (int(signal) > 0) signals.sendToProcess({ signal: int(signal), code: traits.signals.codes.USER, pid: os.pid });
        return 0;
      },
      tkill: (_t, [tid, signal]) => sendTo(int(tid), int(signal)),
      tgkill: (_t, [pid, tid, signal]) => (int(pid) === os.pid ? sendTo(int(tid), int(signal)) : -errno.ESRCH),
      gettid: (thread) => posixThread(thread).tid,
      getpid: () => os.pid,
      getppid: () => 1,
      set_tid_address: (thread) => posixThread(thread).tid,
      clock_gettime: (_t, [clock, address]) => {
        if (clock > 7) return -errno.EINVAL;
        const { now } = process.clock;
        user.setWord(address + word, now % 1e9);
        user.setWord(address, Math.floor(now / 1e9) + (clock === 0 ? REALTIME_EPOCH : 0));
        return 0;
      },
      gettimeofday: (_t, [address]) => {
        const { now } = process.clock;
        user.setWord(address + word, Math.floor((now % 1e9) / 1000));
        user.setWord(address, Math.floor(now / 1e9) + REALTIME_EPOCH);
        return 0;
      },
    };
  }
}
