/** For who listens: an access refused, at its exact PC, and that the thread is back there to try it again. */
import type { ProcessCore } from './core.js';
import type { Thread } from './thread.js';

export function noteFault({ events }: ProcessCore, thread: Thread, address: number, access: number, pc: number): void {
  events.emit('fault', { address, access });
  thread.faultPc = pc;
}

export function noteResumption({ abi, engine, events }: ProcessCore, thread: Thread): void {
  if (thread.faultPc === undefined || engine.registers.get(abi.pc) !== thread.faultPc) return;
  thread.faultPc = undefined;
  events.emit('fault-resume');
}
