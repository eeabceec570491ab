/**
 * What the MPS needs of macOS, by its own calls, as the kit's vmix, protix,
 * protxc, thxc and prmcxc do: mmap and mprotect; an exception port served by a
 * thread of its own; thread_suspend, and thread_get_state when a thread is scanned.
 */
import { FLOAT_BYTES, FLOAT_OFFSET } from '../../emulator/cpu/registers.js';
import type { GateTable } from '../../emulator/process/gates.js';
import { hostFunction, type HostCall } from '../../emulator/process/host-call.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Platform } from '../codes.js';
import { AccessSet, type Port, type PortThread, type ScanArea } from '../port.js';
import { PortBase } from '../port-base.js';
import { Behavior, Exc, MACH_EXCEPTION_CODES, Reply, Request } from './exceptions.js';
import { MacJumpBuffer } from './jump-buffer.js';
import type { MacKernel } from './kernel.js';
import { Kern, PortRight } from './mach-ports.js';
import { threadStateName } from './thread-state.js';

/** The calls of macOS that the port makes, as libSystem offers them. */
export interface MacCalls {
  mmap(address: number, length: number, prot: number, flags: number): number | { errno: number };
  munmap(address: number, length: number): number;
  mprotect(address: number, length: number, prot: number): number;
  /** pthread_create of a thread of the system's own, which runs host code at `gate`. */
  createHostThread(name: string, gate: number): Thread;
  /** TSD slot 7 of the thread, as two halves. */
  mungeToken(thread: Thread): [number, number];
}

const PROT = { none: 0, read: 1, write: 2, exec: 4 };
const MAP_PRIVATE = 0x2;
const MAP_FIXED = 0x10;
const MAP_ANON = 0x1000;
const EACCES = 13;
const MAKE_SEND = 20;
const EXCEPTION_RAISE_STATE_IDENTITY_64 = 2407;

interface MacPortThread extends PortThread {
  thread: Thread;
  port: number;
}

export class MacPort extends PortBase implements Port {
  private readonly jump: MacJumpBuffer;
  protected readonly jumpBufferSize: number;
  /** PROT_EXEC asked for beside write until EACCES says that it is not to be had (hardened ARM64). */
  private mapExec = PROT.exec;
  private protExec = PROT.exec;
  private exceptionPort = 0;
  private handler: ((address: number, mode: number) => boolean) | undefined;

  constructor(
    platform: Platform,
    process: Process,
    private readonly kernel: MacKernel,
    private readonly calls: MacCalls,
    gates: GateTable,
  ) {
    super(platform, process);
    this.jump = new MacJumpBuffer(process.cpu);
    // 148 bytes on x86-64: whole words, so that what follows is scanned word by word too.
    this.jumpBufferSize = Math.ceil(this.jump.size / 8) * 8;
    this.serverGate = gates.define(
      hostFunction('mps-exception-thread', 'p(p)', (call) => this.serve(call)),
      'libmps',
    );
  }

  private readonly serverGate: number;

  // vmix

  vmReserve(size: number): number | undefined {
    const base = this.calls.mmap(0, size, PROT.none, MAP_ANON | MAP_PRIVATE);
    return typeof base === 'number' ? base : undefined;
  }

  vmMap(base: number, limit: number): boolean {
    for (;;) {
      const got = this.calls.mmap(base, limit - base, PROT.read | PROT.write | this.mapExec, MAP_ANON | MAP_PRIVATE | MAP_FIXED);
      if (typeof got === 'number') return true;
      if (got.errno !== EACCES || this.mapExec === 0) return false;
      this.mapExec = 0;
    }
  }

  vmUnmap(base: number, limit: number): void {
    const got = this.calls.mmap(base, limit - base, PROT.none, MAP_ANON | MAP_PRIVATE | MAP_FIXED);
    if (got !== base) throw new Error('vmUnmap: mmap did not return the base');
  }

  vmRelease(base: number, size: number): void {
    this.calls.munmap(base, size);
  }

  // protix

  protSet(base: number, limit: number, mode: number): void {
    for (;;) {
      const prot =
        mode === AccessSet.Empty ? PROT.read | PROT.write | this.protExec : mode === AccessSet.Write ? PROT.read | PROT.exec : PROT.none;
      const errno = this.calls.mprotect(base, limit - base, prot);
      if (errno === 0) return;
      if (errno !== EACCES || this.protExec === 0 || mode !== AccessSet.Empty)
        throw new Error(`protSet: mprotect fails with errno ${errno}`);
      this.protExec = 0;
    }
  }

  // protxc

  protSetup(handler: (address: number, mode: number) => boolean): void {
    this.handler = handler;
    if (this.exceptionPort !== 0) return;
    const { ports } = this.kernel;
    this.exceptionPort = ports.allocate(PortRight.Receive)!;
    ports.insertRight(this.exceptionPort, this.exceptionPort, MAKE_SEND);
    // The thread that creates the first arena gets the port without registration.
    const first = this.currentCall()?.thread;
    if (first) this.takeExceptions(first);
    this.calls.createHostThread('MPS exception server', this.serverGate);
  }

  /** thread_swap_exception_ports, asserting that no other port was there. */
  private takeExceptions(thread: Thread): void {
    const behavior = Behavior.StateIdentity + MACH_EXCEPTION_CODES;
    const ports = this.kernel.exceptionPorts(thread);
    const { result, old } = this.kernel.swapExceptionPorts(
      ports,
      1 << Exc.BadAccess,
      this.exceptionPort,
      behavior,
      this.kernel.layout.flavor,
    );
    const strange = old.find((o) => o.port !== 0 && o.port !== this.exceptionPort);
    if (result !== Kern.Success || strange) {
      this.process.end({
        kind: 'error',
        text: `MPS assertion: thread ${thread.id} has an exception port of its own, 0x${(strange?.port ?? 0).toString(16)}`,
      });
    }
  }

  /** Body of the exception thread: receive a request, serve it, send the reply, for ever. */
  private serve(call: HostCall): never {
    const { layout, ports } = this.kernel;
    const size = Request.state + layout.size + 64;
    const buffer = call.pushStack(size, 16);
    const port = this.exceptionPort;
    const { queue } = ports.receive(port)!;
    for (;;) {
      const message = queue.shift();
      if (!message) {
        return call.block({ kind: 'message', port, what: 'a Mach message (the MPS exception thread)', ready: () => queue.length > 0 });
      }
      this.memory.write(buffer, message);
      const handled = this.handle(buffer);
      this.reply(buffer, handled ? Kern.Success : Kern.Failure);
    }
  }

  private handle(buffer: number): boolean {
    const memory = this.memory;
    const { id, layout } = { id: memory.u32(buffer + Request.id), layout: this.kernel.layout };
    if (id !== EXCEPTION_RAISE_STATE_IDENTITY_64 || memory.u32(buffer + Request.stateCount) !== layout.count)
      throw new Error(`the exception thread received message ${id}`);
    if (memory.u32(buffer + Request.code) !== Kern.ProtectionFailure) return false;
    const address = memory.u32(buffer + Request.code + 8) + memory.u32(buffer + Request.code + 12) * 2 ** 32;
    return this.handler!(address, AccessSet.ReadWrite);
  }

  /** Build reply 2507 over the request, as the MPS does, and send it. */
  private reply(buffer: number, retCode: number): void {
    const { layout } = this.kernel;
    const memory = this.memory;
    const state = memory.bytes(buffer + Request.state, layout.size);
    memory.setU32(buffer + Request.bits, 18);
    memory.setU32(buffer + Request.size, Reply.state + layout.size);
    memory.setU32(buffer + Request.local, 0);
    memory.setU32(buffer + Request.id, memory.u32(buffer + Request.id) + 100);
    memory.setU32(buffer + Reply.ndr, 0);
    memory.setU32(buffer + Reply.ndr + 4, 1);
    memory.setU32(buffer + Reply.retCode, retCode);
    memory.setU32(buffer + Reply.flavor, layout.flavor);
    memory.setU32(buffer + Reply.stateCount, layout.count);
    memory.write(buffer + Reply.state, state);
    this.kernel.sendReply(memory.bytes(buffer, Reply.state + layout.size));
  }

  // thxc, prmcxc

  threadRegister(): PortThread | undefined {
    const thread = this.callNow().thread;
    if (this.exceptionPort !== 0) this.takeExceptions(thread);
    const registered: MacPortThread = { id: thread.id, thread, port: this.kernel.ports.ofThread(thread) };
    return registered;
  }

  threadDeregister(): void {
    // The exception port stays with the thread, as in the kit.
  }

  isCurrent(thread: PortThread): boolean {
    return this.currentCall()?.thread === (thread as MacPortThread).thread;
  }

  threadSuspend(thread: PortThread): boolean {
    return this.kernel.threadSuspend((thread as MacPortThread).port) === Kern.Success;
  }

  threadResume(thread: PortThread): boolean {
    return this.kernel.threadResume((thread as MacPortThread).port) === Kern.Success;
  }

  threadAreas(registered: PortThread, cold: number): ScanArea[] | undefined {
    const { port } = registered as MacPortThread;
    const { layout } = this.kernel;
    const state = this.pushStack(layout.size, 16);
    const got = this.kernel.threadGetState(port, layout.flavor, layout.count);
    if (!got.state) return undefined;
    this.memory.write(state, got.state);
    const sp = this.memory.word(state + layout.spOffset);
    const low = Math.ceil(sp / 8) * 8;
    if (low >= cold) return [];
    return [
      { base: low, limit: cold, kind: 'stack', nameOf: (address) => this.slotName(address, sp) },
      { base: state, limit: state + layout.size, kind: 'registers', nameOf: (address) => threadStateName(layout, (address - state) & ~7) },
    ];
  }

  // ss

  /** _setjmp is called by the MPS's function: frame pointer, SP and return address are in it. */
  protected saveJumpBuffer(call: HostCall, address: number): void {
    const { process } = this;
    process.engine.readFloat();
    const registers = process.registers(call.thread);
    const floats = new DataView(registers.buffer, FLOAT_OFFSET, FLOAT_BYTES);
    const token = this.calls.mungeToken(call.thread);
    this.jump.store(registers, floats, this.memory, address, {
      fp: this.frameRecord,
      sp: address,
      pc: registers.get(process.abi.pc),
      token,
    });
  }

  protected jumpBufferName(offset: number): string | undefined {
    return this.jump.nameOf(offset);
  }

  protected override slotName(address: number, sp: number): string {
    const arm = this.process.cpu === 'arm64';
    if (address - sp === (arm ? -16 : -8)) return arm ? 'fp, pushed by the MPS' : 'rbp, pushed by the MPS';
    return super.slotName(address, sp);
  }
}
