/**
 * What the MPS needs of Linux and FreeBSD, by their own calls, as the kit's protsgix, thix,
 * pthrdext and prmcix do (vmix and protix: port-memory.ts): a SIGSEGV handler; suspension by
 * signals whose frames are pushed on the victim's stack.
 */
import type { Port, PortThread, ScanArea } from '../port.js';
import type { JumpBuffer } from './jump-buffer.js';
import { FaultHandler } from './port-faults.js';
import { PosixPortMemory } from './port-memory.js';
import { Suspension } from './port-suspension.js';
import type { PortSystem } from './port-system.js';
import type { PosixThread } from './posix-thread.js';
import { posixThread } from './posix-thread.js';

interface PosixPortThread extends PortThread {
  posix: PosixThread;
}

export class PosixPort extends PosixPortMemory implements Port {
  private readonly faults: FaultHandler;
  private readonly suspension: Suspension;

  constructor(
    private readonly os: PortSystem,
    jump: JumpBuffer,
  ) {
    super(os, jump);
    this.faults = new FaultHandler(os);
    this.suspension = new Suspension(os);
  }

  // protsgix

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
    const stood = { pc: this.memory.word(context + layout.pc), returned: false };
    return [
      { base: low, limit: cold, kind: 'stack', nameOf: (address) => this.slotName(address, sp), stood },
      {
        base: mcontext,
        limit: mcontext + layout.mcontextSize,
        kind: 'registers',
        nameOf: (address) => layout.nameOf(address - mcontext),
        stood,
      },
    ];
  }
}
