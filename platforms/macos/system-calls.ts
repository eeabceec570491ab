/**
 * System calls that guests make by instruction: the UNIX class and the Mach traps that
 * need no C library. sigreturn always comes this way. A UNIX call that isn't here answers
 * ENOSYS and raises SIGSYS, an unknown trap KERN_INVALID_ARGUMENT, as XNU does.
 * Source: bsd/kern/syscalls.master, osfmk/kern/syscall_sw.c, the entry conventions of both CPUs.
 */
import { Pstate } from '../../emulator/cpu/arm64-exceptions.js';
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { syscallClobbers } from '../../emulator/cpu/system-call.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Thread } from '../../emulator/process/thread.js';
import { markAlternateStack } from '../posix/alternate-stack.js';
import { posixThread } from '../posix/posix-thread.js';
import { systemCall } from '../posix/system.js';
import { argument, commonCalls, int, type SystemCall } from '../posix/system-call-table.js';
import { UID, type MacFrames } from './frames.js';
import type { MachSystem } from './mach-functions.js';
import { MACH_SEND_INVALID_DEST } from './kernel.js';
import { MachMemory } from './mach-memory.js';
import { Kern } from './mach-ports.js';
import { pageCalls } from './page-calls.js';

const ARGUMENTS = {
  'x86-64': [X86.rdi, X86.rsi, X86.rdx, X86.r10, X86.r8, X86.r9],
  arm64: [A64.x0, A64.x1, A64.x2, A64.x3, A64.x4, A64.x5],
} as const;
const Class = { mach: 1, unix: 2, machine: 3 } as const;
const SIGRETURN = 184;
/** UC_SET_ALT_STACK, UC_RESET_ALT_STACK: sigreturn of no frame, by which longjmp tells which stack it goes to. */
const Style = { setAlternate: 0x40000000, resetAlternate: 0x80000000 } as const;
/** The group of a Mac's users. */
const STAFF = 20;

/** Result: kern_return_t, or a port's name. */
type MachTrap = (thread: Thread, args: number[]) => number;

const CARRY = { 'x86-64': Eflags.CF, arm64: Pstate.C } as const;

export class MacSystemCalls {
  private readonly unix: ReadonlyMap<number, SystemCall>;
  private readonly traps: ReadonlyMap<number, MachTrap>;

  constructor(
    private readonly system: MachSystem,
    private readonly frames: MacFrames,
  ) {
    this.unix = this.unixCalls();
    this.traps = this.machTraps();
  }

  /** The thread (loaded) has executed its system call instruction; PC is after it. */
  dispatch(thread: Thread): void {
    const { process, signals } = this.system;
    const registers = process.registers(thread);
    const { kind, number } = this.number(registers.lo(process.cpu === 'arm64' ? A64.x16 : X86.rax) | 0);
    const args = ARGUMENTS[process.cpu as 'x86-64' | 'arm64'].map((slot) => argument(registers, slot));
    if (process.cpu !== 'arm64') syscallClobbers(registers);
    if (kind === Class.unix) {
      if (number === SIGRETURN) return this.sigreturn(thread, args);
      this.runUnix(thread, number, args);
    } else if (kind === Class.mach) {
      const trap = this.traps.get(number);
      this.setResult(
        thread,
        this.guarded(() => (trap ? trap(thread, args) : Kern.InvalidArgument), Kern.InvalidAddress),
      );
    } else if (kind === Class.machine && (number & 0xff) === 3) {
      registers.set(process.cpu === 'arm64' ? A64.tpidrro : X86.gsBase, args[0]);
      this.setResult(thread, 0);
    } else this.badCall(thread);
    if (thread.state !== 'ended' && signals.hasDeliverable(thread)) signals.deliver(thread);
  }

  private number(raw: number): { kind: number; number: number } {
    if (this.system.process.cpu !== 'arm64') return { kind: (raw >>> 24) & 0xff, number: raw & 0xffffff };
    if (raw === -0x80000000) return { kind: Class.machine, number: 3 };
    return raw < 0 ? { kind: Class.mach, number: -raw } : { kind: Class.unix, number: raw };
  }

  private guarded(action: () => number, failed: number): number {
    try {
      return action();
    } catch (error) {
      if (error instanceof GuestFault) return failed;
      throw error;
    }
  }

  private runUnix(thread: Thread, number: number, args: number[]): void {
    const handler = this.unix.get(number);
    if (!handler) return this.badCall(thread);
    const result = systemCall(this.system, () => handler(thread, args));
    if (result !== undefined) this.setUnixResult(thread, result);
  }

  private badCall(thread: Thread): void {
    const { traits, signals } = this.system;
    this.setUnixResult(thread, -traits.errno.ENOSYS);
    signals.sendToThread(thread, { signal: traits.signals.numbers.SIGSYS, code: 0 });
  }

  private setResult(thread: Thread, result: number): void {
    const { process } = this.system;
    process.registers(thread).set(process.cpu === 'arm64' ? A64.x0 : X86.rax, result);
  }

  /** Carry set: the result is an error number. */
  private setUnixResult(thread: Thread, result: number): void {
    const { process } = this.system;
    const registers = process.registers(thread);
    const slot = process.cpu === 'arm64' ? A64.pstate : X86.rflags;
    const carry = CARRY[process.cpu as 'x86-64' | 'arm64'];
    const flags = registers.lo(slot) & ~carry;
    registers.set(slot, (result < 0 ? flags | carry : flags) >>> 0);
    this.setResult(thread, Math.abs(result));
  }

  private sigreturn(thread: Thread, [ucontext, style, token]: number[]): void {
    const { signals, process, traits } = this.system;
    const use = style >>> 0;
    if (use === Style.setAlternate || use === Style.resetAlternate) {
      markAlternateStack(posixThread(thread), use === Style.setAlternate);
      return this.setUnixResult(thread, 0);
    }
    const refused = this.frames.sigreturn(thread, ucontext, token, (mask) => signals.setMask(thread, mask));
    if (refused) this.setUnixResult(thread, -traits.errno[refused]);
    if (refused) return;
    if (process.events.on) process.events.emit('signal-return');
    if (signals.hasDeliverable(thread)) signals.deliver(thread);
  }

  private unixCalls(): ReadonlyMap<number, SystemCall> {
    const { system } = this;
    const { signalCalls, kernel } = system;
    const common = commonCalls(system);
    const pages = pageCalls(system);
    const user: SystemCall = () => UID;
    const group: SystemCall = () => STAFF;
    return new Map<number, SystemCall>([
      [1, common.exit],
      [3, common.read],
      [4, common.write],
      [6, common.close],
      [20, common.getpid],
      [24, user],
      [25, user],
      [37, common.kill],
      [39, common.getppid],
      [43, group],
      [46, common.sigaction],
      [47, group],
      [48, common.sigprocmask],
      [52, common.sigpending],
      [53, common.sigaltstack],
      [65, pages.msync],
      [73, common.munmap],
      [74, common.mprotect],
      [75, common.madvise],
      [78, pages.mincore],
      // sigsuspend: the set itself, not its place.
      [111, (thread, [set]) => signalCalls.sigsuspend(thread, Uint32Array.of(set % 0x100000000, 0, 0, 0))],
      [197, common.mmap],
      [250, pages.minherit],
      // issetugid.
      [327, () => 0],
      // __pthread_kill and __pthread_sigmask.
      [328, (_thread, [port, signal]) => signalCalls.killThread(kernel.ports.thread(port), int(signal))],
      [329, (thread, [how, wanted, old]) => signalCalls.sigprocmask(thread, int(how), wanted, old, [thread])],
      // thread_selfid; read and write without cancellation.
      [372, (thread) => posixThread(thread).tid],
      [396, common.read],
      [397, common.write],
    ]);
  }

  private machTraps(): ReadonlyMap<number, MachTrap> {
    const { process, kernel, memory, traits } = this.system;
    const { ports } = kernel;
    const { user } = process;
    const vm = new MachMemory(memory, traits.errno);
    const mine = (task: number, action: () => number): number => (task === ports.task ? action() : MACH_SEND_INVALID_DEST);
    return new Map<number, MachTrap>([
      [
        10,
        (_t, [task, addressAt, size, flags]) =>
          mine(task, () => {
            const { result, address } = vm.allocate(user.word(addressAt), size, flags);
            if (result === Kern.Success) user.setWord(addressAt, address);
            return result;
          }),
      ],
      [12, (_t, [task, address, size]) => mine(task, () => vm.deallocate(address, size))],
      [14, (_t, [task, address, size, setMaximum, prot]) => mine(task, () => vm.protect(address, size, setMaximum !== 0, prot))],
      [
        16,
        (_t, [task, right, result]) =>
          mine(task, () => {
            const name = ports.allocate(right);
            if (name === undefined) return Kern.InvalidValue;
            user.setU32(result, name);
            return Kern.Success;
          }),
      ],
      [18, (_t, [task, name]) => mine(task, () => ports.deallocate(name))],
      [19, (_t, [task, name, right, delta]) => mine(task, () => ports.modRefs(name, right, delta | 0))],
      [21, (_t, [task, name, port, how]) => mine(task, () => ports.insertRight(name, port, how))],
      [26, () => ports.allocateReceive()],
      [27, (thread) => ports.ofThread(thread)],
      [28, () => ports.task],
      [29, () => ports.host],
      [
        59,
        () => {
          process.reschedule = true;
          return 0;
        },
      ],
    ]);
  }
}
