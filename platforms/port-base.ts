/** The part of a Port that is the same on every OS: calls into the guest, stack, names of stack slots, virtual clock. */
import { A64, X86 } from '../emulator/cpu/registers.js';
import { Access, type Registers } from '../emulator/engine.js';
import type { Process } from '../emulator/process/process.js';
import { UNITS_PER_SECOND } from '../emulator/process/clock.js';
import type { ExitStatus } from '../emulator/process/os-model.js';
import type { Platform } from './codes.js';
import type { Arguments, EventStream, HostCall, MemoryView, Result, ScanArea, Signature } from './port.js';

/** The same number on every OS that has signals; what Windows's abort is mapped to. */
const SIGABRT = 6;

/** Where the calling thread's registers were saved by stackBegin. */
export interface WarmEnd {
  call: HostCall;
  /** The registers are in memory: from when somebody may look, which is seldom. Until then the thread still holds them. */
  saved: boolean;
  jumpBuffer: number;
  /** Where the caller's frame pointer was pushed; `sp` if it was not. */
  record: number;
  /** SP at the entry to the MPS function: slots are named from it. */
  sp: number;
  /** Where the MPS function returns to. */
  returnAddress: number;
}

export abstract class PortBase {
  readonly memory: MemoryView;
  readonly events: EventStream;
  readonly physical: ArrayBuffer;
  protected readonly warm: WarmEnd[] = [];
  /** What `warm` is made of, used again at each depth. */
  private readonly warmEnds: WarmEnd[] = [];

  constructor(
    readonly platform: Platform,
    protected readonly process: Process,
  ) {
    this.memory = process.supervisor;
    this.events = process.events;
    this.physical = process.engine.physical;
  }

  currentCall(): HostCall | undefined {
    return this.process.hostCalls.running.at(-1);
  }

  describeCall({ thread, fn, returnAddress }: HostCall): { callee: string; caller: string } {
    const { process } = this;
    const at = process.names.find(process.registers(thread).get(process.abi.pc));
    return { callee: `${at?.module ?? 'libmps'}!${fn.name}`, caller: process.names.describeReturn(returnAddress) };
  }

  protected callNow(): HostCall {
    const call = this.currentCall();
    if (!call) throw new Error('no thread is in the MPS');
    return call;
  }

  callGuest<const S extends string>(address: number, signature: Signature<S>, args: Arguments<S>): Result<S> {
    // Guest code changes registers, and may collect.
    this.saveWarmEnd();
    return this.callNow().callGuest<S>(address, signature, args);
  }

  pushStack(bytes: number, align?: number): number {
    return this.callNow().pushStack(bytes, align);
  }

  get clocksPerSecond(): number {
    return 1_000_000;
  }

  /** Microseconds of virtual time, as clock() counts on POSIX. */
  clock(): number {
    return Math.floor(this.process.clock.now / (UNITS_PER_SECOND / this.clocksPerSecond));
  }

  get ended(): boolean {
    return this.process.status !== undefined;
  }

  end(status: ExitStatus): never {
    return this.process.end(status);
  }

  abort(reason: string): never {
    const { process } = this;
    const thread = process.current;
    const at = thread ? `, at ${process.names.describe(process.registers(thread).get(process.abi.pc))}` : '';
    const how = this.platform.os === 'windows' ? 'STATUS_STACK_BUFFER_OVERRUN (0xC0000409)' : 'killed by SIGABRT (aborted)';
    return process.end({ kind: 'signal', signal: SIGABRT, text: `${how}: ${reason}${at}` });
  }

  work(units: number): void {
    this.process.clock.advance(units);
  }

  keep(bytes: number): void {
    if (bytes >= 0) this.process.memoryLimit.mustTake(bytes);
    else this.process.memoryLimit.give(-bytes);
  }

  /** Write this platform's jmp_buf with the calling thread's callee-saved registers at `address`; `record` is as in WarmEnd. */
  protected abstract saveJumpBuffer(call: HostCall, address: number, record: number): void;
  protected abstract readonly jumpBufferSize: number;
  /** Register saved at `offset` in the jmp_buf; undefined for its unused words, which hold whatever lay on the stack. */
  protected abstract jumpBufferName(offset: number): string | undefined;

  stackBegin(call: HostCall): number {
    const record = this.frameRecord(call);
    const jumpBuffer = call.pushStack(this.jumpBufferSize, 16);
    // The stack must be there at the entry, though it is written only when somebody looks.
    this.memory.physical(record, Access.Write);
    this.memory.physical(jumpBuffer, Access.Write);
    const depth = this.warm.length;
    let end = this.warmEnds[depth];
    if (end === undefined) this.warmEnds[depth] = end = { call, saved: false, jumpBuffer, record, sp: call.sp, returnAddress: 0 };
    end.returnAddress = call.returnAddress;
    end.call = call;
    end.saved = false;
    end.jumpBuffer = jumpBuffer;
    end.record = record;
    end.sp = call.sp;
    this.warm.push(end);
    return depth + 1;
  }

  /** The innermost warm end's registers, written to where stackBegin took stack for them; undefined if none is in force. */
  private saveWarmEnd(): WarmEnd | undefined {
    const end = this.warm.at(-1);
    if (end === undefined || end.saved) return end;
    end.saved = true;
    if (end.record !== end.sp) this.pushFrameRecord(end);
    this.saveJumpBuffer(end.call, end.jumpBuffer, end.record);
    return end;
  }

  stackEnd(depth: number): void {
    while (this.warm.length >= depth) this.warm.pop();
  }

  /**
   * The MPS function's own frame begins with what its prologue pushes: clang's and MSVC's push the caller's frame
   * pointer (and link register on ARM64), which is then scanned with the rest of the stack; gcc's keeps it in the
   * register, so that setjmp alone saves it. This matters where setjmp mangles it: on x86-64 glibc a reference that
   * only rbp holds is lost by an MPS that gcc compiled, and found by one that clang compiled. (Measured with the
   * original MPS 1.118 and its Scheme example at -O2: gcc's MPS loses objects with either compiler's client, clang's none.)
   */
  private frameRecord(call: HostCall): number {
    const { wordSize } = this.process.abi;
    if (this.platform.compiler === 'gcc') return call.sp;
    return call.pushStack(this.process.cpu === 'arm64' ? 2 * wordSize : wordSize, wordSize);
  }

  private pushFrameRecord({ call, record }: WarmEnd): void {
    const registers = this.process.registers(call.thread);
    const arm = this.process.cpu === 'arm64';
    this.storeWord(record, registers, arm ? A64.fp : X86.rbp);
    if (arm) this.storeWord(record + this.process.abi.wordSize, registers, A64.lr);
  }

  private storeWord(address: number, registers: Registers, slot: number): void {
    this.memory.setU32(address, registers.lo(slot));
    if (this.process.abi.wordSize === 8) this.memory.setU32(address + 4, registers.hi(slot));
  }

  currentAreas(cold: number): ScanArea[] | undefined {
    const warm = this.saveWarmEnd();
    if (!warm) return undefined;
    const stood = { pc: warm.returnAddress, returned: true };
    // One piece of stack from the jmp_buf up, in three parts that differ in what their words are called.
    return [
      {
        base: warm.jumpBuffer,
        limit: Math.min(warm.record, cold),
        kind: 'registers',
        nameOf: (address) => this.jumpBufferName(address - warm.jumpBuffer) ?? this.slotName(address, warm.sp),
        stood,
      },
      {
        base: Math.min(warm.record, cold),
        limit: Math.min(warm.sp, cold),
        kind: 'registers',
        nameOf: (address) => this.frameRecordName(address - warm.record),
        stood,
      },
      { base: Math.min(warm.sp, cold), limit: cold, kind: 'stack', nameOf: (address) => this.slotName(address, warm.sp), stood },
    ];
  }

  private frameRecordName(offset: number): string {
    if (this.process.cpu === 'arm64') return offset < 8 ? 'x29 (frame record)' : 'x30 (frame record)';
    return this.process.cpu === 'ia32' ? 'ebp (pushed)' : 'rbp (pushed)';
  }

  protected slotName(address: number, sp: number): string {
    const name = this.process.cpu === 'ia32' ? 'esp' : this.process.cpu === 'x86-64' ? 'rsp' : 'sp';
    const offset = address - sp;
    return offset < 0 ? `[${name}-0x${(-offset).toString(16)}]` : `[${name}+0x${offset.toString(16)}]`;
  }
}
