/**
 * Machine faults as Mach exceptions, and what the UNIX layer makes of those that no
 * port takes: the signal (signal-information.ts says its si_code and si_addr). Source: osfmk/{i386,arm64}/{trap,sleh}.c,
 * bsd/uxkern/ux_exception.c, machine_exception in bsd/dev/{i386,arm}/unix_signal.c.
 */
import {
  abortSyndrome,
  alignmentSyndrome,
  ArmException,
  brkSyndrome,
  PC_ALIGNMENT_SYNDROME,
  SP_ALIGNMENT_SYNDROME,
  UNDEFINED_SYNDROME,
} from '../../emulator/cpu/arm64-exceptions.js';
import { Fxsave, fxsaveView } from '../../emulator/cpu/fxsave.js';
import { pageFaultError, Vector } from '../../emulator/cpu/x86-exceptions.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { describeFault } from '../posix/fault-description.js';
import { posixThread } from '../posix/posix-thread.js';
import { has, remove } from '../posix/signal-set.js';
import { SIG_DFL, SIG_IGN } from '../posix/signals.js';
import type { PosixSystem } from '../posix/system.js';
import { Exc386, ExcArm } from './exception-codes.js';
import { Exc, type RaisedException } from './exceptions.js';
import type { MacKernel } from './kernel.js';
import type { MacLayout } from './layout.js';
import { Kern } from './mach-ports.js';

type About = string | (() => string);

export class MacFaults {
  private readonly process: Process;
  private readonly arm: boolean;

  constructor(
    private readonly system: PosixSystem,
    private readonly kernel: MacKernel,
    private readonly layout: MacLayout,
  ) {
    this.process = system.process;
    this.arm = system.process.cpu === 'arm64';
  }

  private pc(thread: Thread): number {
    return this.process.registers(thread).get(this.process.abi.pc);
  }

  memory(thread: Thread, fault: MemoryFault): void {
    const { system } = this;
    const { numbers } = system.traits.signals;
    if (fault.exhausted) system.signals.kill(thread, { signal: numbers.SIGKILL, code: 0, about: 'the emulated machine is out of memory' });
    const { trap } = posixThread(thread);
    const mapped = fault.canonical && fault.address >= 0 && fault.address < this.layout.userLimit && system.memory.isMapped(fault.address);
    const about = (): string => describeFault(this.process, fault, mapped);
    if (!fault.canonical && !this.arm) {
      if (fault.stackSegment) return this.trap(thread, Exc.BadInstruction, [Exc386.STKFLT, 0], Vector.stackSegment, about);
      return this.trap(thread, Exc.BadAccess, [Exc386.GPFLT, 0], Vector.protection, about);
    }
    trap.address = fault.address;
    if (this.arm) trap.syndrome = abortSyndrome(fault.access, mapped);
    const { engine } = this.process;
    const present = fault.address >= 0 && engine.protection(fault.address) > 0 && engine.resident(fault.address);
    const error = this.arm ? 0 : pageFaultError(fault.access, present);
    const kern = mapped ? Kern.ProtectionFailure : Kern.InvalidAddress;
    this.trap(thread, Exc.BadAccess, [kern, fault.address], this.arm ? 0 : Vector.page, about, error);
  }

  /** `vector`, `error`: what the exception state shows. */
  private trap(thread: Thread, type: number, code: [number, number], vector: number, about: About, error = 0): void {
    const { trap } = posixThread(thread);
    trap.number = vector;
    trap.error = error;
    const raised = { type, code };
    if (this.process.events.on) this.process.events.emit('mach-exception', { type, code: code[0], address: code[1] });
    this.kernel.raise(thread, raised, () => this.unixSignal(thread, raised, about));
  }

  /** handle_ux_exception: nobody took the exception. */
  private unixSignal(thread: Thread, raised: RaisedException, about: About): void {
    const { signals, traits } = this.system;
    const { trap, mask } = posixThread(thread);
    const { numbers, flags } = traits.signals;
    const [code, subcode] = raised.code;
    let signal = this.signalOf(raised);
    if (signal === numbers.SIGBUS && code === Kern.ProtectionFailure && this.inMainStack(subcode)) {
      // An overflow of the main stack is fatal unless SIGSEGV is to be handled on an alternate stack.
      signal = numbers.SIGSEGV;
      const action = signals.actions[signal];
      if (action.handler === SIG_IGN || has(mask, signal) || !(action.flags & flags.ONSTACK)) {
        action.handler = SIG_DFL;
        remove(mask, signal);
      }
    }
    trap.code = code;
    trap.subcode = subcode;
    signals.force(thread, { signal, code: 0, trap: trap.number, about });
  }

  private signalOf({ type, code: [code] }: RaisedException): number {
    const { numbers } = this.system.traits.signals;
    switch (type) {
      case Exc.BadInstruction:
        return numbers.SIGILL;
      case Exc.Arithmetic:
        return numbers.SIGFPE;
      case Exc.Breakpoint:
        return numbers.SIGTRAP;
      default:
        return code === Kern.InvalidAddress || (!this.arm && code === Exc386.GPFLT) ? numbers.SIGSEGV : numbers.SIGBUS;
    }
  }

  /** Where the main stack is or could still grow to (MAXSSIZ). */
  private inMainStack(address: number): boolean {
    const { stackTop, stackSize, stackGuard } = this.layout;
    return address < stackTop && address >= stackTop - stackSize - stackGuard;
  }

  interrupt(thread: Thread, vector: number, detail: number): void {
    if (this.arm) return this.armException(thread, vector, detail);
    switch (vector) {
      case Vector.divide:
        return this.trap(thread, Exc.Arithmetic, [Exc386.DIV, 0], vector, 'integer division by zero or overflow');
      case Vector.debug:
        return this.trap(thread, Exc.Breakpoint, [Exc386.SGL, 0], vector, 'single step');
      case Vector.breakpoint:
        return this.trap(thread, Exc.Breakpoint, [Exc386.BPT, 0], vector, 'breakpoint instruction');
      case Vector.x87:
        return this.trap(thread, Exc.Arithmetic, [Exc386.EXTERR, this.floatFlags().x87], vector, 'floating-point exception');
      case Vector.simd:
        return this.trap(thread, Exc.Arithmetic, [Exc386.SSEEXTERR, this.floatFlags().sse], vector, 'floating-point exception');
      case Vector.overflow:
        return this.trap(thread, Exc.Arithmetic, [Exc386.INTO, 0], vector, 'overflow trap');
      case Vector.segmentNotPresent:
      case Vector.stackSegment: {
        const code = vector === Vector.stackSegment ? Exc386.STKFLT : Exc386.SEGNPFLT;
        return this.trap(thread, Exc.BadInstruction, [code, detail], vector, 'bad segment', detail);
      }
      default: {
        // Everything else that user code may cause is a general protection fault.
        const about = 'privileged instruction, bad selector or gate, or misaligned operand';
        this.trap(thread, Exc.BadAccess, [Exc386.GPFLT, detail], Vector.protection, about, detail);
      }
    }
  }

  private armException(thread: Thread, vector: number, detail: number): void {
    const { trap } = posixThread(thread);
    if (vector === ArmException.breakpoint) {
      trap.syndrome = brkSyndrome(detail);
      return this.trap(thread, Exc.Breakpoint, [ExcArm.BREAKPOINT, this.pc(thread)], 0, `brk #${detail}`);
    }
    const { address } = this.process.engine.exit;
    switch (vector) {
      case ArmException.dataAbort:
        trap.syndrome = alignmentSyndrome(detail !== 0);
        trap.address = address;
        return this.trap(thread, Exc.BadAccess, [ExcArm.DA_ALIGN, address], 0, `misaligned access to 0x${address.toString(16)}`);
      case ArmException.spAlignment:
        // FAR keeps what it was.
        trap.syndrome = SP_ALIGNMENT_SYNDROME;
        return this.trap(thread, Exc.BadAccess, [ExcArm.SP_ALIGN, address], 0, 'misaligned stack pointer');
      case ArmException.pcAlignment:
        trap.syndrome = PC_ALIGNMENT_SYNDROME;
        trap.address = address;
        return this.trap(thread, Exc.BadAccess, [ExcArm.DA_ALIGN, address], 0, 'misaligned program counter');
      default:
        return this.invalidInstruction(thread);
    }
  }

  /** The x87 status word, and MXCSR. */
  private floatFlags(): { x87: number; sse: number } {
    const { engine } = this.process;
    engine.readFloat();
    const image = fxsaveView(engine);
    return { x87: image.getUint16(Fxsave.status, true), sse: image.getUint32(Fxsave.mxcsr, true) };
  }

  invalidInstruction(thread: Thread): void {
    if (!this.arm) return this.trap(thread, Exc.BadInstruction, [Exc386.INVOP, 0], Vector.invalidOpcode, 'invalid instruction');
    const pc = this.pc(thread);
    posixThread(thread).trap.syndrome = UNDEFINED_SYNDROME;
    const word = this.process.engine.protection(pc) > 0 ? this.process.supervisor.u32(pc) : 0;
    this.trap(thread, Exc.BadInstruction, [ExcArm.UNDEFINED, word], 0, 'invalid instruction');
  }
}
