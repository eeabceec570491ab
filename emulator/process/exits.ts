/** What the CPU stopped for, and whose that is: a host function's, the OS model's, an instrument's, the scheduler's. */
import { Access, Exit } from '../engine.js';
import type { ProcessCore } from './core.js';
import { CpuFault } from './cpu-fault.js';
import { noteFault } from './fault-events.js';
import type { GateTable } from './gates.js';
import type { GuestCalls } from './guest-calls.js';
import type { HostCalls } from './host-calls.js';
import type { Probes } from './probes.js';
import type { Scheduler } from './scheduler.js';
import type { CallbackFrame, Thread } from './thread.js';
import { FaultMarker, softwareInterrupt } from './x86-traps.js';

export class Exits {
  private readonly faultMarker: FaultMarker | undefined;

  constructor(
    private readonly process: ProcessCore,
    private readonly gates: GateTable,
    private readonly hostCalls: HostCalls,
    private readonly guestCalls: GuestCalls,
    private readonly probes: Probes,
    private readonly scheduler: Scheduler,
  ) {
    if (process.cpu !== 'arm64') this.faultMarker = new FaultMarker(process.engine.registers);
  }

  /** `thread`, whose engine run ended for `reason` (one of Exit); `frame`: in this call from the host. */
  settle(thread: Thread, reason: number, frame: CallbackFrame | undefined): void {
    const calls = thread.ran;
    // What follows may set where the thread is (a signal frame, its end): a call it was in is then taken up again.
    thread.ran = calls && (reason === Exit.Budget || reason === Exit.Breakpoint || reason === Exit.Watchpoint);
    if (reason === Exit.Fault) return this.fault(thread, calls, frame);
    const { process } = this;
    const { exit } = process.engine;
    if (frame) this.guestCalls.checkLeft(thread, frame, exit.pc);
    switch (reason) {
      case Exit.Budget:
        break;
      case Exit.SystemCall:
        process.os.systemCall(thread, exit.number, exit.detail);
        break;
      case Exit.Interrupt:
        this.faultMarker?.mark(exit);
        process.os.interrupt(thread, exit.number, exit.detail);
        break;
      case Exit.SoftwareInterrupt:
        softwareInterrupt(process.os, thread, process.engine.registers, exit.number, exit.detail);
        break;
      case Exit.InvalidInstruction:
      case Exit.Halt:
        this.faultMarker?.mark(exit);
        process.os.invalidInstruction(thread);
        break;
      case Exit.Breakpoint: {
        const probe = this.probes.at(exit.pc);
        if (probe) this.hostCalls.look(thread, probe);
        else this.scheduler.breakpoint();
        break;
      }
      case Exit.Watchpoint:
        this.scheduler.breakpoint();
        break;
    }
  }

  /** The call of a host function is a fetch that is refused, at its gate; the others are the OS's. */
  private fault(thread: Thread, calls: boolean, frame: CallbackFrame | undefined): void {
    const { process } = this;
    const { exit } = process.engine;
    const { address, access } = exit;
    const gate = access === Access.Fetch ? this.gates.at(address) : undefined;
    if (frame) this.guestCalls.checkLeft(thread, frame, address);
    if (gate) {
      if (!(frame && address === this.guestCalls.returnGate)) this.hostCalls.run(thread, gate, calls);
      return;
    }
    if (exit.canonical && process.resolveAccess(address, access)) return;
    if (process.events.on) noteFault(process, thread, address, access, exit.pc);
    this.faultMarker?.mark(exit);
    process.os.memoryFault(thread, new CpuFault(exit));
  }
}
