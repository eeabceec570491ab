/**
 * The half of a port that all POSIX systems share: address space and protection by mmap, munmap
 * and mprotect, as the kit's vmix and protix have them; setjmp; the clock.
 */
import { Prot } from '../../emulator/engine.js';
import type { HostCall } from '../../emulator/process/host-call.js';
import { AccessSet } from '../port.js';
import { PortBase } from '../port-base.js';
import type { JumpBuffer } from './jump-buffer.js';
import type { PosixSystem } from './system.js';

export abstract class PosixPortMemory extends PortBase {
  /** PROT_EXEC beside PROT_WRITE, asked for until EACCES says that it is not to be had (hardened macOS). */
  private mapExec: number = Prot.Exec;
  private protExec: number = Prot.Exec;

  constructor(
    private readonly system: PosixSystem,
    private readonly jump: JumpBuffer,
  ) {
    super(system.platform, system.process);
  }

  override get clocksPerSecond(): number {
    return this.system.traits.pthread.clocksPerSecond;
  }

  // vmix

  private map(base: number, size: number, prot: number, fixed: boolean): number {
    const { PRIVATE, ANON, FIXED } = this.system.traits.memory.flags;
    return this.system.memory.mmap(base, size, prot, PRIVATE | ANON | (fixed ? FIXED : 0), -1, 0);
  }

  private impossible(what: string, errno: number): never {
    throw new Error(`${what}: unexpected errno ${errno}`);
  }

  vmReserve(size: number): number | undefined {
    const base = this.map(0, size, Prot.None, false);
    if (base >= 0) return base;
    if (base !== -this.system.traits.errno.ENOMEM) this.impossible('reserving address space by mmap', -base);
    return undefined;
  }

  vmMap(base: number, limit: number): boolean {
    const { EACCES, ENOMEM } = this.system.traits.errno;
    for (;;) {
      const got = this.map(base, limit - base, Prot.RW | this.mapExec, true);
      if (got >= 0) return true;
      if (got === -ENOMEM) return false;
      if (got !== -EACCES || this.mapExec === 0) this.impossible('mapping memory by mmap', -got);
      this.mapExec = 0;
    }
  }

  vmUnmap(base: number, limit: number): void {
    const got = this.map(base, limit - base, Prot.None, true);
    if (got !== base) this.impossible('giving memory back by mmap', -got);
  }

  vmRelease(base: number, size: number): void {
    const got = this.system.memory.munmap(base, size);
    if (got !== 0) this.impossible('munmap', -got);
  }

  // protix

  protSet(base: number, limit: number, mode: number): void {
    const { EACCES } = this.system.traits.errno;
    for (;;) {
      const prot = mode & AccessSet.Read ? Prot.None : mode & AccessSet.Write ? Prot.RX : Prot.RW | this.protExec;
      const got = this.system.memory.mprotect(base, limit - base, prot);
      if (got === 0) return;
      if (got !== -EACCES || prot !== (Prot.RWX as number)) this.impossible('mprotect', -got);
      this.protExec = 0;
    }
  }

  // ss

  protected get jumpBufferSize(): number {
    return this.jump.size;
  }

  protected saveJumpBuffer(call: HostCall, address: number, record: number): void {
    this.jump.store(call, address, record);
  }

  protected jumpBufferName(offset: number): string | undefined {
    return this.jump.nameOf(offset);
  }
}
