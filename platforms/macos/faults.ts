/**
 * Machine faults as Mach exceptions, and what the UNIX layer makes of those that no
 * port takes: the signal, its si_code and si_addr. Source: osfmk/{i386,arm64}/{trap,sleh}.c,
 * bsd/uxkern/ux_exception.c, bsd/dev/{i386,arm}/unix_signal.c.
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
import { pageFaultError, Vector } from '../../emulator/cpu/x86-exceptions.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { describeFault } from '../posix/fault-description.js';
import { posixThread, type SignalInfo } from '../posix/posix-thread.js';
import type { PosixSystem } from '../posix/system.js';
import { Exc, type RaisedException } from './exceptions.js';
import type { MacKernel } from './kernel.js';
import type { MacLayout } from './layout.js';
import { Kern } from './mach-ports.js';

const EXC_I386_GPFLT = 13;
const EXC_I386_SEGNPFLT = 11;
const EXC_I386_STKFLT = 12;
const EXC_I386_DIV = 1;
const EXC_I386_INTO = 2;
const EXC_I386_INVOP = 1;
const EXC_I386_BPT = 2;
const EXC_I386_SGL = 1;
const EXC_I386_EXTERR = 5;
const EXC_I386_SSEEXTERR = 8;
const EXC_ARM_UNDEFINED = 1;
const EXC_ARM_BREAKPOINT = 1;
const EXC_ARM_DA_ALIGN = 0x101;
const EXC_ARM_SP_ALIGN = 0x103;
const BUS_ADRALN = 1;
const FPE_INTDIV = 7;
const FPE_INTOVF = 8;
const ILL_ILLOPC = 1;
const TRAP_BRKPT = 1;

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
      trap.error = 0;
      if (fault.stackSegment) {
        trap.number = Vector.stackSegment;
        const info: SignalInfo = { signal: numbers.SIGILL, code: 0, address: this.pc(thread), trap: Vector.stackSegment, about };
        return this.raise(thread, { type: Exc.BadInstruction, code: [EXC_I386_STKFLT, 0] }, info);
      }
      trap.number = Vector.protection;
      this.raise(
        thread,
        { type: Exc.BadAccess, code: [EXC_I386_GPFLT, 0] },
        { signal: numbers.SIGSEGV, code: 0, address: 0, trap: Vector.protection, about },
      );
      return;
    }
    trap.address = fault.address;
    if (this.arm) {
      trap.number = 0;
      trap.syndrome = abortSyndrome(fault.access, mapped);
    } else {
      trap.number = Vector.page;
      const { engine } = this.process;
      const present = fault.address >= 0 && engine.protection(fault.address) > 0 && engine.resident(fault.address);
      trap.error = pageFaultError(fault.access, present);
    }
    const kern = mapped ? Kern.ProtectionFailure : Kern.InvalidAddress;
    const overflow =
      mapped &&
      fault.address < this.layout.stackTop &&
      fault.address >= this.layout.stackTop - this.layout.stackSize - this.layout.stackGuard;
    const signal = mapped && !overflow ? numbers.SIGBUS : numbers.SIGSEGV;
    // SIGBUS: BUS_ADRERR, on ARM64 BUS_ADRALN; SIGSEGV: SEGV_MAPERR, on ARM64 SEGV_ACCERR.
    const code = signal === numbers.SIGBUS ? (this.arm ? 1 : 2) : this.arm ? 2 : 1;
    this.raise(
      thread,
      { type: Exc.BadAccess, code: [kern, fault.address] },
      { signal, code, address: fault.address, trap: Vector.page, about },
      overflow,
    );
  }

  private raise(thread: Thread, raised: RaisedException, info: SignalInfo, overflow = false): void {
    const { signals, traits } = this.system;
    if (this.process.events.on)
      this.process.events.emit('mach-exception', { type: raised.type, code: raised.code[0], address: raised.code[1] });
    this.kernel.raise(thread, raised, () => {
      if (overflow) {
        // An overflow of the main stack is fatal unless SIGSEGV is handled on an alternate stack.
        const { flags, handler } = signals.actions[info.signal];
        const ready = handler > 1 && (flags & traits.signals.flags.ONSTACK) !== 0 && posixThread(thread).altStack.enabled;
        if (!ready) signals.kill(thread, info);
      }
      signals.force(thread, info);
    });
  }

  private trap(
    thread: Thread,
    type: number,
    code: [number, number],
    name: string,
    siCode: number,
    vector: number,
    about: string,
    error = 0,
  ): void {
    const { trap } = posixThread(thread);
    trap.number = vector;
    trap.error = error;
    this.raise(
      thread,
      { type, code },
      { signal: this.system.traits.signals.numbers[name], code: siCode, address: this.pc(thread), trap: vector, about },
    );
  }

  private misaligned(thread: Thread, code: number, address: number, about: string): void {
    posixThread(thread).trap.number = 0;
    const info: SignalInfo = { signal: this.system.traits.signals.numbers.SIGBUS, code: BUS_ADRALN, address, trap: 0, about };
    this.raise(thread, { type: Exc.BadAccess, code: [code, address] }, info);
  }

  interrupt(thread: Thread, vector: number, detail: number): void {
    const pc = this.pc(thread);
    if (this.arm) {
      const { trap } = posixThread(thread);
      if (vector === ArmException.breakpoint) {
        trap.syndrome = brkSyndrome(detail);
        return this.trap(thread, Exc.Breakpoint, [EXC_ARM_BREAKPOINT, pc], 'SIGTRAP', TRAP_BRKPT, 0, `brk #${detail}`);
      }
      const { address } = this.process.engine.exit;
      if (vector === ArmException.dataAbort) {
        trap.syndrome = alignmentSyndrome(detail !== 0);
        trap.address = address;
        return this.misaligned(thread, EXC_ARM_DA_ALIGN, address, `misaligned access to 0x${address.toString(16)}`);
      }
      if (vector === ArmException.spAlignment) {
        trap.syndrome = SP_ALIGNMENT_SYNDROME;
        return this.misaligned(thread, EXC_ARM_SP_ALIGN, address, 'misaligned stack pointer');
      }
      if (vector === ArmException.pcAlignment) {
        trap.syndrome = PC_ALIGNMENT_SYNDROME;
        return this.misaligned(thread, EXC_ARM_DA_ALIGN, address, 'misaligned program counter');
      }
      return this.invalidInstruction(thread);
    }
    switch (vector) {
      case Vector.divide:
        return this.trap(thread, Exc.Arithmetic, [EXC_I386_DIV, 0], 'SIGFPE', FPE_INTDIV, vector, 'integer division by zero or overflow');
      case Vector.debug:
        return this.trap(thread, Exc.Breakpoint, [EXC_I386_SGL, 0], 'SIGTRAP', TRAP_BRKPT, vector, 'single step');
      case Vector.breakpoint:
        return this.trap(thread, Exc.Breakpoint, [EXC_I386_BPT, 0], 'SIGTRAP', TRAP_BRKPT, vector, 'breakpoint instruction');
      case Vector.x87:
      case Vector.simd:
        return this.trap(
          thread,
          Exc.Arithmetic,
          [vector === Vector.x87 ? EXC_I386_EXTERR : EXC_I386_SSEEXTERR, 0],
          'SIGFPE',
          0,
          vector,
          'floating-point exception',
        );
      case Vector.overflow:
        return this.trap(thread, Exc.Arithmetic, [EXC_I386_INTO, 0], 'SIGFPE', FPE_INTOVF, vector, 'overflow trap');
      case Vector.segmentNotPresent:
      case Vector.stackSegment: {
        const code = vector === Vector.stackSegment ? EXC_I386_STKFLT : EXC_I386_SEGNPFLT;
        return this.trap(thread, Exc.BadInstruction, [code, detail], 'SIGILL', 0, vector, 'bad segment', detail);
      }
      default: {
        // Everything else that user code may cause is a general protection fault.
        const { trap } = posixThread(thread);
        trap.number = Vector.protection;
        trap.error = detail;
        const about = 'privileged instruction, bad selector or gate, or misaligned operand';
        const info: SignalInfo = {
          signal: this.system.traits.signals.numbers.SIGSEGV,
          code: 0,
          address: 0,
          trap: Vector.protection,
          about,
        };
        this.raise(thread, { type: Exc.BadAccess, code: [EXC_I386_GPFLT, detail] }, info);
      }
    }
  }

  invalidInstruction(thread: Thread): void {
    const pc = this.pc(thread);
    if (this.arm) posixThread(thread).trap.syndrome = UNDEFINED_SYNDROME;
    const word = this.arm && this.process.engine.protection(pc) > 0 ? this.process.supervisor.u32(pc) : 0;
    this.trap(
      thread,
      Exc.BadInstruction,
      [this.arm ? EXC_ARM_UNDEFINED : EXC_I386_INVOP, word],
      'SIGILL',
      ILL_ILLOPC,
      this.arm ? 0 : Vector.invalidOpcode,
      'invalid instruction',
    );
  }
}
