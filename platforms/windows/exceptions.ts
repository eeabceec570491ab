/**
 * Delivery of exceptions to user mode and back. The kernel's half: CONTEXT,
 * EXCEPTION_RECORD and, on x86-64, CONTEXT_EX and a machine frame are written on
 * the faulting thread's own stack and it goes on at KiUserExceptionDispatcher;
 * NtContinue reads the CONTEXT back. Layout of the frames: Windows 7 and later
 * on x86-64; the cut record before the CONTEXT on IA-32.
 */
import { hexAddress } from '../../emulator/memory/hex-address.js';
import type { Word } from '../../emulator/abi/abi.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import { Access, RegisterGroup } from '../../emulator/engine.js';
import { RegistersReplaced } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import { ContextBuffer, noBreakpoints } from './context.js';
import type { Core } from './core.js';
import { noAddress, type Exception } from './exception-record.js';
import { Group } from './layout.js';
import { PAGE_SIZE } from './memory-constants.js';
import type { Ntdll } from './ntdll.js';
import type { StackGuards } from './stack-guards.js';
import { Status, signalOf, statusName } from './status.js';
import { windowsThread } from './windows-thread.js';

interface Needs extends Pick<Core, 'process' | 'memory' | 'layout' | 'codec'> {
  readonly guards: StackGuards;
  readonly ntdll: Ntdll;
}

const FRAME_64 = 0x5c0;
const CONTEXT_EX = 0x4d0;
const RECORD_64 = 0x4f0;
const MACHINE_FRAME = 0x590;
const TRAP_AND_DIRECTION = Eflags.TF | Eflags.DF;

/** Made once, since making an Error costs as much as delivering an exception. */
const REGISTERS_REPLACED = new RegistersReplaced();

export class Exceptions {
  /** The frame being made. What is not written in it stays zero. */
  private readonly frame = new ContextBuffer(new Uint8Array(0x800));
  private readonly bytes = this.frame.bytes;
  private readonly view = this.frame.view;
  /** The CONTEXT being read back. */
  private readonly taken = new ContextBuffer(new Uint8Array(0x500));
  private readonly physical: Uint8Array;

  constructor(private readonly os: Needs) {
    this.physical = new Uint8Array(os.process.engine.physical);
  }

  /** Raise an exception in the state that `thread`'s registers have now. */
  raise(thread: Thread, exception: Exception): void {
    const registers = this.os.process.registers(thread);
    const sp = registers.get(X86.rsp);
    windowsThread(thread).raisedAt = { pc: Number(exception.address), sp, fp: registers.get(X86.rbp) };
    const top = this.os.layout.wordSize === 8 ? this.frame64(sp, exception) : this.frame32(sp, exception);
    if (!this.copyOut(thread, top.sp, top.length)) {
      // The frame met the last guard page: that becomes a stack overflow in place of the exception.
      for (const at of [top.sp, top.sp + top.length - 1]) {
        if (exception.code === Status.STACK_OVERFLOW || !this.os.guards.isOn(thread, at)) continue;
        this.os.guards.take(thread, at);
        return this.raise(thread, { ...exception, code: Status.STACK_OVERFLOW, information: [1n, BigInt(at)] });
      }
      const first = windowsThread(thread).overflow ?? exception;
      this.end(first.code, `${this.describe(first)}, and its stack at 0x${sp.toString(16)} cannot take the exception`);
    }
    if (exception.code === Status.STACK_OVERFLOW) windowsThread(thread).overflow = exception;
    registers.set(X86.rsp, top.sp);
    registers.set(X86.rip, this.os.ntdll.userExceptionDispatcher);
    registers.set(X86.rflags, registers.lo(X86.rflags) & ~TRAP_AND_DIRECTION);
    const { events } = this.os.process;
    if (events.on)
      events.emit('exception', {
        code: exception.code,
        address: Number(BigInt.asIntN(64, exception.address)),
        information: exception.information,
      });
  }

  /** KiUserApcDispatcher is to run routine(args), and then what the registers say now. */
  pushApc(thread: Thread, routine: number, args: readonly [Word, Word, Word]): void {
    const { layout, process, ntdll } = this.os;
    const registers = process.registers(thread);
    const sp = registers.get(X86.rsp);
    const top = layout.wordSize === 8 ? this.apcFrame64(sp) : this.apcFrame32(sp);
    const places = layout.wordSize === 8 ? [0, 8, 0x10, 0x18] : [4, 8, 0xc, 0];
    [...args, BigInt(routine)].forEach((word, i) => this.putBits(places[i], word));
    if (!this.copyOut(thread, top.sp, top.length))
      this.end(Status.STACK_OVERFLOW, `the stack at 0x${sp.toString(16)} cannot take an asynchronous procedure call`);
    // The next frame's home space is clear again.
    this.bytes.fill(0, 0, 0x30);
    registers.set(X86.rsp, top.sp);
    registers.set(X86.rip, ntdll.userApcDispatcher);
    registers.set(X86.rflags, registers.lo(X86.rflags) & ~TRAP_AND_DIRECTION);
  }

  private apcFrame64(sp: number): { sp: number; length: number } {
    return this.frame64(sp, { code: 0, flags: 0, address: 0n, information: [] });
  }

  /** The routine, its three arguments, the CONTEXT. */
  private apcFrame32(sp: number): { sp: number; length: number } {
    const { codec } = this.os;
    const context = 0x10;
    const length = context + codec.bytes;
    this.bytes.fill(0, 0, length);
    this.view.setUint32(context, codec.all, true);
    codec.fill(this.frame, context, codec.all);
    return { sp: (sp - (sp % 4) - length) >>> 0, length };
  }

  private frame64(sp: number, exception: Exception): { sp: number; length: number } {
    const { view } = this;
    const { codec, process } = this.os;
    const words = process.engine.registers;
    this.bytes.fill(0, CONTEXT_EX, FRAME_64);
    view.setUint32(0x30, codec.all, true);
    codec.fill(this.frame, 0, codec.all);
    view.setInt32(CONTEXT_EX, -CONTEXT_EX, true);
    view.setUint32(CONTEXT_EX + 4, CONTEXT_EX + 0x18, true);
    view.setInt32(CONTEXT_EX + 8, -CONTEXT_EX, true);
    view.setUint32(CONTEXT_EX + 0xc, CONTEXT_EX, true);
    view.setUint32(CONTEXT_EX + 0x10, 0x19, true);
    this.putRecord(RECORD_64, exception);
    this.putBits(MACHINE_FRAME, words.big(X86.rip));
    view.setUint32(MACHINE_FRAME + 8, words.lo(X86.cs), true);
    view.setUint32(MACHINE_FRAME + 0x10, words.lo(X86.rflags), true);
    this.putWord(MACHINE_FRAME + 0x18, sp);
    view.setUint32(MACHINE_FRAME + 0x20, words.lo(X86.ss), true);
    return { sp: Math.floor((sp - FRAME_64) / 16) * 16, length: FRAME_64 };
  }

  private frame32(sp: number, exception: Exception): { sp: number; length: number } {
    const { view } = this;
    const { codec } = this.os;
    const context = 8 + 0x14 + 4 * exception.information.length;
    const length = context + codec.bytes;
    const top = (sp - (sp % 4) - length) >>> 0;
    view.setUint32(0, top + 8, true);
    view.setUint32(4, top + context, true);
    this.putRecord(8, exception);
    this.bytes.fill(0, context, length);
    view.setUint32(context, codec.all, true);
    codec.fill(this.frame, context, codec.all);
    return { sp: top, length };
  }

  private putWord(at: number, value: number): void {
    this.view.setUint32(at, value % 0x100000000, true);
    if (this.os.layout.wordSize === 8) this.view.setUint32(at + 4, Math.floor(value / 0x100000000), true);
  }

  private putBits(at: number, value: Word): void {
    if (this.os.layout.wordSize === 8) this.view.setBigUint64(at, value, true);
    else this.view.setUint32(at, Number(value), true);
  }

  private putRecord(at: number, exception: Exception): void {
    const { record, wordSize } = this.os.layout;
    this.view.setUint32(at, exception.code, true);
    this.view.setUint32(at + record.flags, exception.flags, true);
    this.putWord(at + record.next, exception.record ?? 0);
    this.putBits(at + record.address, exception.address);
    this.view.setUint32(at + record.parameters, exception.information.length, true);
    exception.information.forEach((value, i) => this.putBits(at + record.information + i * wordSize, value));
  }

  /** Copy the frame to the stack as the kernel does: with the user's rights, growing the stack at its guard page. */
  private copyOut(thread: Thread, address: number, length: number): boolean {
    const { engine } = this.os.process;
    if (!(address > 0)) return false;
    // From the top down, so that guard pages are met in their order.
    for (let end = length; end > 0;) {
      const last = address + end - 1;
      const page = last - (last % PAGE_SIZE);
      const start = Math.max(0, page - address);
      let offset = engine.translate(address + start, Access.Write);
      if (offset < 0 && this.os.guards.resolve(thread, address + start, Access.Write))
        offset = engine.translate(address + start, Access.Write);
      if (offset < 0) return false;
      this.physical.set(this.bytes.subarray(start, end), offset);
      end = start;
    }
    return true;
  }

  /** NtContinue: the registers become those of the CONTEXT at `address`. Undefined memory: false. */
  continueFrom(thread: Thread, address: number): boolean {
    const { codec, layout, process } = this.os;
    if (!this.copyIn(thread, address, codec.bytes)) return false;
    process.registers(thread);
    const flags = this.taken.view.getUint32(layout.context.flags, true);
    if (flags & Group.DEBUG_REGISTERS) noBreakpoints(this.os, this.taken);
    codec.load(this.taken, 0, flags);
    return true;
  }

  private copyIn(thread: Thread, address: number, length: number): boolean {
    const { engine } = this.os.process;
    for (let start = 0; start < length;) {
      const from = address + start;
      const count = Math.min(length - start, PAGE_SIZE - (from % PAGE_SIZE));
      let offset = engine.translate(from, Access.Read);
      if (offset < 0 && this.os.guards.resolve(thread, from, Access.Read)) offset = engine.translate(from, Access.Read);
      if (offset < 0) return false;
      this.taken.bytes.set(this.physical.subarray(offset, offset + count), start);
      start += count;
    }
    return true;
  }

  /** The record at `address` in guest memory. */
  read(address: number): Exception {
    const { memory, layout } = this.os;
    const { record, wordSize } = layout;
    const count = Math.min(memory.u32(address + record.parameters), 15);
    const information: Word[] = [];
    for (let i = 0; i < count; i++) information.push(memory.bits(address + record.information + i * wordSize));
    return {
      code: memory.u32(address),
      flags: memory.u32(address + record.flags),
      record: memory.word(address + record.next),
      address: memory.bits(address + record.address),
      information,
    };
  }

  /** Nobody has handled it: the process ends. */
  unhandled(exception: Exception): never {
    const { process } = this.os;
    const at = process.current && windowsThread(process.current).raisedAt;
    if (at?.pc === Number(exception.address)) process.diedAt = at;
    return this.end(exception.code, this.describe(exception));
  }

  private end(code: number, text: string): never {
    return this.os.process.end({ kind: 'signal', signal: signalOf(code), text });
  }

  /** 'STATUS_ACCESS_VIOLATION (0xC0000005) reading 0x0 at prog!main+0x12'. */
  describe(exception: Exception): string {
    const [kind, target] = exception.information;
    let access = '';
    if ((exception.code === Status.ACCESS_VIOLATION || exception.code === Status.GUARD_PAGE_VIOLATION) && target !== undefined) {
      const verb = kind === 1n ? 'writing' : kind === 8n ? 'executing' : 'reading';
      access = kind === 0n && target === noAddress(8) ? ` ${verb} a non-canonical address` : ` ${verb} ${hexAddress(target)}`;
    }
    return `${statusName(exception.code)}${access} at ${this.os.process.names.describe(exception.address)}`;
  }

  /** The registers have been set: what the present host function returns, so that nothing else is done to them. */
  leave(): RegistersReplaced {
    this.os.process.engine.registers.dirty |= RegisterGroup.General;
    return REGISTERS_REPLACED;
  }
}
