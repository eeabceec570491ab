/** What the CPU's faults and traps are in Windows: which exception, with which parameters, at which PC. */
import type { Word } from '../../emulator/abi/abi.js';
import { FloatException, Fxsave, fxsaveView, pendingFloatExceptions, raisedSseExceptions, STACK_FAULT } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { INT_LENGTH, Vector } from '../../emulator/cpu/x86-exceptions.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import { Access } from '../../emulator/engine.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Core } from './core.js';
import { noAddress } from './exception-record.js';
import type { Exceptions } from './exceptions.js';
import type { StackGuards } from './stack-guards.js';
import { Status } from './status.js';
import { divideStatus, privileged } from './trapped-instruction.js';

interface Needs extends Pick<Core, 'process' | 'memory' | 'layout' | 'vm'> {
  readonly guards: StackGuards;
  readonly exceptions: Exceptions;
}

/** ExceptionInformation[0] of an access violation. */
const READ = 0n;
const WRITE = 1n;
const EXECUTE = 8n;
const NONCONTINUABLE = 1;

/** int n: calls of the kernel beside system calls. */
const Gate = { FastFail: 0x29, Assertion: 0x2c, DebugService: 0x2d, SystemCall: 0x2e } as const;

/** Print, load and unload symbols, command string: a kernel debugger's, done with nothing where there is none. */
const DEBUGGER_SERVICES: ReadonlySet<bigint> = new Set([1n, 3n, 4n, 5n]);

function floatStatusOf(raised: number): number {
  if (raised & FloatException.invalid) return Status.FLOAT_INVALID_OPERATION;
  if (raised & FloatException.divideByZero) return Status.FLOAT_DIVIDE_BY_ZERO;
  if (raised & FloatException.denormal) return Status.FLOAT_DENORMAL_OPERAND;
  if (raised & FloatException.overflow) return Status.FLOAT_OVERFLOW;
  if (raised & FloatException.underflow) return Status.FLOAT_UNDERFLOW;
  return Status.FLOAT_INEXACT_RESULT;
}

export class Faults {
  readonly gates: ReadonlySet<number> = new Set(Object.values(Gate));

  constructor(private readonly os: Needs) {}

  private raise(thread: Thread, code: number, address: number | Word, information: Word[] = [], flags = 0): void {
    this.os.exceptions.raise(thread, { code, flags, address: BigInt(address), information });
  }

  memory(thread: Thread, fault: MemoryFault): void {
    const { os } = this;
    if (fault.exhausted) {
      os.process.end({ kind: 'unsupported', text: `out of emulated physical memory at ${os.process.names.describe(fault.pc)}` });
    }
    const kind = fault.access === Access.Write ? WRITE : fault.access === Access.Fetch ? EXECUTE : READ;
    // The record has the whole of a program counter that is no address.
    const pc = fault.fromHost ? fault.pc : os.process.registers(thread).big(X86.rip);
    const address = BigInt.asUintN(64, BigInt(fault.address));
    // The right to use a port is asked for before memory is touched (ins, outs).
    if (!fault.fromHost && kind !== EXECUTE && privileged(os.process.engine, fault.pc))
      return this.raise(thread, Status.PRIVILEGED_INSTRUCTION, pc);
    if (!fault.canonical) return this.raise(thread, Status.ACCESS_VIOLATION, pc, [READ, noAddress(os.layout.wordSize)]);
    if (os.guards.isOn(thread, fault.address)) {
      os.guards.take(thread, fault.address);
      return this.raise(thread, Status.STACK_OVERFLOW, pc, [WRITE, address]);
    }
    if (os.vm.takeGuard(fault.address)) return this.raise(thread, Status.GUARD_PAGE_VIOLATION, pc, [kind, address]);
    this.raise(thread, Status.ACCESS_VIOLATION, pc, [kind, address]);
  }

  interrupt(thread: Thread, vector: number): void {
    const { os } = this;
    const registers = os.process.registers(thread);
    const pc = registers.get(X86.rip);
    switch (vector) {
      case Vector.divide:
        return this.raise(thread, divideStatus(os.process.engine, os.memory, pc), pc);
      case Vector.debug:
        // A handler sees the flag clear, so that going on takes no further step.
        registers.set(X86.rflags, (registers.lo(X86.rflags) & ~Eflags.TF) >>> 0);
        return this.raise(thread, Status.SINGLE_STEP, pc);
      case Vector.breakpoint:
        // The saved PC and the address are those of the int3 itself.
        registers.set(X86.rip, pc - 1);
        return this.raise(thread, Status.BREAKPOINT, pc - 1, this.breakpointParameters(thread, 0n));
      case Vector.overflow:
        return this.raise(thread, Status.INTEGER_OVERFLOW, pc);
      case Vector.bound:
        return this.raise(thread, Status.ARRAY_BOUNDS_EXCEEDED, pc);
      case Vector.x87:
        return this.raise(thread, this.floatStatus(), pc, [0n]);
      case Vector.simd:
        return this.simdException(thread, pc);
      case Gate.FastFail:
        return this.fastFail(registers.lo(X86.rcx), pc - INT_LENGTH);
      case Gate.Assertion:
        registers.set(X86.rip, pc - INT_LENGTH);
        return this.raise(thread, Status.ASSERTION_FAILURE, pc - INT_LENGTH);
      case Gate.DebugService:
        return this.debugService(thread);
      case Gate.SystemCall:
        return this.systemCall(thread, vector);
      case Vector.alignment:
        // Done with for the program: the access is made again, and the flag is clear from then on.
        registers.set(X86.rflags, (registers.lo(X86.rflags) & ~Eflags.AC) >>> 0);
        return;
      case Vector.protection:
        if (privileged(os.process.engine, pc)) return this.raise(thread, Status.PRIVILEGED_INSTRUCTION, pc);
        return this.raise(thread, Status.ACCESS_VIOLATION, pc, [READ, noAddress(os.layout.wordSize)]);
      default:
        // Everything else is a general protection fault.
        return this.raise(thread, Status.ACCESS_VIOLATION, pc, [READ, noAddress(os.layout.wordSize)]);
    }
  }

  /**
   * int 2d, which is followed by a byte that it skips: a debugger's services, and without one a breakpoint whose
   * address is behind that byte and whose context is in front of it.
   */
  private debugService(thread: Thread): void {
    const registers = this.os.process.registers(thread);
    const pc = registers.get(X86.rip);
    const service = registers.big(X86.rax);
    if (DEBUGGER_SERVICES.has(service)) {
      registers.set(X86.rip, pc + 1);
      return;
    }
    this.raise(thread, Status.BREAKPOINT, pc + 1, this.breakpointParameters(thread, service));
  }

  /** Of a 32-bit system what a debugger's service has in ECX and EDX are there too. */
  private breakpointParameters(thread: Thread, service: Word): Word[] {
    if (this.os.layout.wordSize === 8) return [service];
    const registers = this.os.process.registers(thread);
    return [service, BigInt(registers.lo(X86.rcx)), BigInt(registers.lo(X86.rdx))];
  }

  /** Which unmasked x87 exception is pending. */
  private floatStatus(): number {
    const { engine } = this.os.process;
    engine.readFloat();
    const image = fxsaveView(engine);
    const pending = pendingFloatExceptions(image);
    if (pending & FloatException.invalid)
      return image.getUint16(Fxsave.status, true) & STACK_FAULT ? Status.FLOAT_STACK_CHECK : Status.FLOAT_INVALID_OPERATION;
    return floatStatusOf(pending);
  }

  /**
   * 64-bit programs are told which exception, 32-bit ones only whether it came before or after the result; MXCSR is the
   * second parameter.
   */
  private simdException(thread: Thread, pc: number): void {
    const { engine } = this.os.process;
    engine.readFloat();
    const image = fxsaveView(engine);
    const raised = raisedSseExceptions(image);
    const before = FloatException.invalid | FloatException.denormal | FloatException.divideByZero;
    const narrow = raised & before ? Status.FLOAT_MULTIPLE_FAULTS : Status.FLOAT_MULTIPLE_TRAPS;
    const status = this.os.layout.wordSize === 4 ? narrow : floatStatusOf(raised);
    this.raise(thread, status, pc, [0n, BigInt(image.getUint32(Fxsave.mxcsr, true))]);
  }

  /** __fastfail: no handler is asked. */
  private fastFail(code: number, pc: number): never {
    return this.os.exceptions.unhandled({
      code: Status.STACK_BUFFER_OVERRUN,
      flags: NONCONTINUABLE,
      address: BigInt(pc),
      information: [BigInt(code)],
    });
  }

  invalidInstruction(thread: Thread): void {
    const pc = this.os.process.registers(thread).get(X86.rip);
    this.raise(thread, Status.ILLEGAL_INSTRUCTION, pc);
  }

  /** Service numbers change with every build of Windows; this model has none: programs call the libraries. */
  systemCall(thread: Thread, _number: number): void {
    const registers = this.os.process.registers(thread);
    const pc = registers.get(X86.rip);
    const number = registers.lo(X86.rax);
    this.os.process.end({
      kind: 'unsupported',
      text: `system service 0x${number.toString(16)} called directly at ${this.os.process.names.describe(pc)}: Windows is modelled at its library functions`,
    });
  }
}
