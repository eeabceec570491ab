/**
 * System calls that guests make by instruction. The way back from signal handlers
 * always comes this way; besides it the calls that need no C library. What isn't here
 * answers ENOSYS, as a kernel without it does. Source: man-pages section 2; entry conventions of the three CPUs.
 */
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { syscallClobbers } from '../../emulator/cpu/system-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import { posixThread } from '../posix/posix-thread.js';
import { readSet } from '../posix/signal-set.js';
import { systemCall, type PosixSystem } from '../posix/system.js';
import { argument, commonCalls, endThread, int, unsigned, type SystemCall } from '../posix/system-call-table.js';
import type { LinuxFrames } from './frame.js';
import { systemCallNames, type SystemCallName } from './system-call-numbers.js';

const ARGUMENTS = {
  ia32: [X86.rbx, X86.rcx, X86.rdx, X86.rsi, X86.rdi, X86.rbp],
  'x86-64': [X86.rdi, X86.rsi, X86.rdx, X86.r10, X86.r8, X86.r9],
  arm64: [A64.x0, A64.x1, A64.x2, A64.x3, A64.x4, A64.x5],
} as const;
const ARCH_SET_GS = 0x1001;
const ARCH_SET_FS = 0x1002;
const ARCH_GET_FS = 0x1003;

export class LinuxSystemCalls {
  private readonly names: Map<number, SystemCallName>;
  /** What int 80h calls, in 64-bit processes too. */
  private readonly compatNames = systemCallNames('ia32');
  private readonly byName: Record<SystemCallName, SystemCall>;

  constructor(
    private readonly os: PosixSystem,
    private readonly frames: LinuxFrames,
  ) {
    this.names = systemCallNames(os.process.cpu);
    this.byName = this.table();
  }

  /** The thread (loaded) has executed its system call instruction; PC is after it. */
  dispatch(thread: Thread, gate = false): void {
    const { process } = this.os;
    const { cpu } = process;
    const registers = process.registers(thread);
    const number = cpu === 'arm64' ? registers.lo(A64.x8) : registers.lo(X86.rax);
    const compat = gate && cpu === 'x86-64';
    const name = (compat ? this.compatNames : this.names).get(number);
    if (name === 'rt_sigreturn' || name === 'sigreturn') return this.sigreturn(thread, name === 'sigreturn');
    if (cpu === 'x86-64' && !compat) syscallClobbers(registers);
    const args = compat ? ARGUMENTS.ia32.map((slot) => registers.lo(slot)) : ARGUMENTS[cpu].map((slot) => argument(registers, slot));
    const result = name ? systemCall(this.os, () => this.byName[name](thread, args)) : -this.os.traits.errno.ENOSYS;
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

  private table(): Record<SystemCallName, SystemCall> {
    const { os } = this;
    const { process, memory, traits, signalCalls } = os;
    const { errno } = traits;
    const { user } = process;
    const common = commonCalls(os);
    /** The calls that say how many bytes a set has. */
    const sized =
      (call: SystemCall, place: number): SystemCall =>
      (thread, args) =>
        args[place] === traits.signals.kernel.setBytes ? call(thread, args) : -errno.EINVAL;
    const known = (tid: number, signal: number): number =>
      tid <= 0 ? -errno.EINVAL : signalCalls.killThread(signalCalls.thread(tid), signal);
    return {
      ...common,
      mmap2: (thread, [address, length, prot, flags, fd, page]) =>
        common.mmap(thread, [address, length, prot, flags, fd, page * memory.traits.pageSize]),
      // The break can't be moved by instruction: the C library's allocator has it.
      brk: () => 0,
      exit: (thread, [code]) => endThread(os, thread, code),
      exit_group: common.exit,
      arch_prctl: (thread, [code, address]) => {
        const registers = process.registers(thread);
        if (code === ARCH_SET_FS || code === ARCH_SET_GS) {
          if (unsigned(address) >= traits.memory.limit) return -errno.EPERM;
          registers.set(code === ARCH_SET_FS ? X86.fsBase : X86.gsBase, address);
          return 0;
        }
        if (code !== ARCH_GET_FS) return -errno.EINVAL;
        user.setWord(address, registers.get(X86.fsBase));
        return 0;
      },
      rt_sigaction: sized(common.sigaction, 3),
      rt_sigprocmask: sized(common.sigprocmask, 3),
      rt_sigpending: (thread, [address, bytes]) =>
        bytes <= traits.signals.kernel.setBytes ? signalCalls.sigpending(thread, address, bytes) : -errno.EINVAL,
      rt_sigsuspend: sized((thread, [set, bytes]) => signalCalls.sigsuspend(thread, readSet(user, set, bytes)), 1),
      pause: (thread) => signalCalls.sigsuspend(thread, posixThread(thread).mask),
      // These two never come here: dispatch has them.
      rt_sigreturn: () => undefined,
      sigreturn: () => undefined,
      tkill: (_thread, [tid, signal]) => known(int(tid), int(signal)),
      tgkill: (_thread, [pid, tid, signal]) =>
        int(pid) > 0 && int(tid) > 0 && int(pid) !== os.pid ? -errno.ESRCH : int(pid) <= 0 ? -errno.EINVAL : known(int(tid), int(signal)),
      gettid: (thread) => posixThread(thread).tid,
      set_tid_address: (thread) => posixThread(thread).tid,
    };
  }
}
