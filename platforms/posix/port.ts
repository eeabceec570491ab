/**
 * What the MPS needs of Linux and FreeBSD, by their own calls, as the kit's vmix,
 * protix, protsgix, thix, pthrdext and prmcix do: mmap and mprotect; a SIGSEGV handler;
 * suspension by signals whose frames are pushed on the victim's stack.
 */
import type { HostCall } from '../../emulator/process/host-call.js';
import type { Port, PortThread, ScanArea } from '../port.js';
import { AccessSet } from '../port.js';
import { PortBase } from '../port-base.js';
import { FaultHandler } from './port-faults.js';
import { Suspension } from './port-suspension.js';
import type { JumpBuffer } from './jump-buffer.js';
import type { PosixOs } from './posix-os.js';
import type { PosixThread } from './posix-thread.js';
import { posixThread } from './posix-thread.js';

const PROT = { none: 0, read: 1, write: 2, exec: 4 } as const;

interface PosixPortThread extends PortThread {
  posix: PosixThread;
}

export class PosixPort extends PortBase implements Port {
  /** Set by the OS: its setjmp. */
  jump!: JumpBuffer;
  private readonly faults: FaultHandler;
  private readonly suspension: Suspension;

  constructor(private readonly os: PosixOs) {
    super(os.platform, os.process);
    this.faults = new FaultHandler(os);
    this.suspension = new Suspension(os);
  }

  override get clocksPerSecond(): number {
    return this.os.traits.pthread.clocksPerSecond;
  }

  // vmix

  private map(base: number, size: number, prot: number, fixed: boolean): number {
    const { PRIVATE, ANON, FIXED } = this.os.traits.memory.flags;
    return this.os.memory.mmap(base, size, prot, PRIVATE | ANON | (fixed ? FIXED : 0), -1, 0);
  }

  private impossible(what: string, errno: number): never {
    throw new Error(`${what}: unexpected errno ${errno}`);
  }

  vmReserve(size: number): number | undefined {
    const base = this.map(0, size, PROT.none, false);
    if (base >= 0) return base;
    if (base !== -this.os.traits.errno.ENOMEM) this.impossible('reserving address space by mmap', -base);
    return undefined;
  }

  vmMap(base: number, limit: number): boolean {
    const got = this.map(base, limit - base, PROT.read | PROT.write | PROT.exec, true);
    if (got >= 0) return true;
    if (got !== -this.os.traits.errno.ENOMEM) this.impossible('mapping memory by mmap', -got);
    return false;
  }

  vmUnmap(base: number, limit: number): void {
    const got = this.map(base, limit - base, PROT.none, true);
    if (got !== base) this.impossible('giving memory back by mmap', -got);
  }

  vmRelease(base: number, size: number): void {
    const got = this.os.memory.munmap(base, size);
    if (got !== 0) this.impossible('munmap', -got);
  }

  // protix, protsgix

  protSet(base: number, limit: number, mode: number): void {
    const prot = mode & AccessSet.Read ? PROT.none : mode & AccessSet.Write ? PROT.read | PROT.exec : PROT.read | PROT.write | PROT.exec;
    const got = this.os.memory.mprotect(base, limit - base, prot);
    if (got !== 0) this.impossible('mprotect', -got);
  }

  protSetup(handler: (address: number, mode: number) => boolean): void {
    this.faults.install(handler);
  }

  // thix, pthrdext, prmcix

  threadRegister(): PortThread | undefined {
    this.suspension.install();
    const { thread } = this.callNow();
    const registered: PosixPortThread = { id: thread.id, posix: posixThread(thread) };
    return registered;
  }

  threadDeregister(): void {
    // pthrdext only takes the registration off its list.
  }

  isCurrent(registered: PortThread): boolean {
    return this.currentCall()?.thread === (registered as PosixPortThread).posix.thread;
  }

  threadSuspend(registered: PortThread): boolean {
    return this.suspension.suspend((registered as PosixPortThread).posix);
  }

  threadResume(registered: PortThread): boolean {
    return this.suspension.resume((registered as PosixPortThread).posix);
  }

  threadAreas(registered: PortThread, cold: number): ScanArea[] | undefined {
    const context = this.suspension.contextOf((registered as PosixPortThread).posix);
    if (context === undefined) return undefined;
    const { context: layout } = this.os.signals.frames;
    const { wordSize } = this.platform;
    const sp = this.memory.word(context + layout.sp);
    const low = Math.ceil(sp / wordSize) * wordSize;
    if (low >= cold) return [];
    const mcontext = context + layout.mcontext;
    return [
      { base: low, limit: cold, kind: 'stack', nameOf: (address) => this.slotName(address, sp) },
      { base: mcontext, limit: mcontext + layout.mcontextSize, kind: 'registers', nameOf: (address) => layout.nameOf(address - mcontext) },
    ];
  }

  // ss

  protected get jumpBufferSize(): number {
    return this.jump.size;
  }

  protected saveJumpBuffer(call: HostCall, address: number): void {
    this.jump.store(call, address);
  }

  protected jumpBufferName(offset: number): string | undefined {
    return this.jump.nameOf(offset);
  }
}
