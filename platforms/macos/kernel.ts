/**
 * The part of XNU that a collector meets, for one process: threads and their
 * Mach ports, suspension, thread states, exception ports, messages.
 * Source of the behaviour: osfmk/kern/thread_act.c, exception.c, ipc_tt.c, ipc.
 */
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { ExceptionDelivery, Request, type ExceptionPort, type RaisedException } from './exceptions.js';
import { Kern, MachPorts } from './mach-ports.js';
import { StateFlavors } from './state-flavors.js';
import type { ThreadStateLayout } from './thread-state.js';

export const MACH_SEND_INVALID_DEST = 0x10000003;
const MACH_SEND_INVALID_RIGHT = 0x10000007;
const LAST_EXCEPTION = 13;

export class MacKernel {
  readonly ports = new MachPorts();
  readonly flavors: StateFlavors;
  readonly delivery: ExceptionDelivery;
  /** Exception ports of each thread, and of the task, one for each exception type. */
  private readonly threadPorts = new Map<Thread, Map<number, ExceptionPort>>();
  private readonly taskPorts = new Map<number, ExceptionPort>();

  constructor(private readonly process: Process) {
    this.flavors = new StateFlavors(process);
    this.delivery = new ExceptionDelivery(process, this.ports, this.flavors);
  }

  get layout(): ThreadStateLayout {
    return this.flavors.layout;
  }

  /** A call on a port that is no thread's: the kernel finds no thread, or the message finds no port. */
  noThread(name: number): number {
    return this.ports.get(name) ? Kern.InvalidArgument : MACH_SEND_INVALID_DEST;
  }

  /** A call on this task; `otherwise`: on another right. A name without a right is no destination. */
  onTask(name: number, otherwise: number, action: () => number): number {
    if (name === this.ports.task) return action();
    return this.ports.get(name) ? otherwise : MACH_SEND_INVALID_DEST;
  }

  /** thread_suspend: synchronous, counts. */
  threadSuspend(name: number): number {
    const thread = this.ports.thread(name);
    if (!thread) return this.noThread(name);
    if (thread.state === 'ended') return Kern.Terminated;
    thread.suspendCount++;
    this.process.reschedule = true;
    return Kern.Success;
  }

  threadResume(name: number): number {
    const thread = this.ports.thread(name);
    if (!thread) return this.noThread(name);
    if (thread.state === 'ended') return Kern.Terminated;
    if (thread.suspendCount === 0) return Kern.Failure;
    thread.suspendCount--;
    this.process.reschedule = true;
    return Kern.Success;
  }

  /** thread_get_state; `capacity` in words as the caller gives it. */
  threadGetState(name: number, flavor: number, capacity: number): { result: number; state?: Uint8Array } {
    const thread = this.ports.thread(name);
    if (!thread) return { result: this.noThread(name) };
    if (thread.state === 'ended') return { result: Kern.Terminated };
    const count = this.flavors.count(flavor);
    if (count === undefined || capacity < count) return { result: Kern.InvalidArgument };
    const state = this.flavors.get(thread, flavor);
    return state ? { result: Kern.Success, state } : { result: Kern.InvalidArgument };
  }

  threadSetState(name: number, flavor: number, state: Uint8Array): number {
    const thread = this.ports.thread(name);
    if (!thread) return this.noThread(name);
    if (thread.state === 'ended') return Kern.Terminated;
    return this.flavors.set(thread, flavor, state) ? Kern.Success : Kern.InvalidArgument;
  }

  /** Exception ports of a thread or, undefined, of the task. */
  exceptionPorts(thread: Thread | undefined): Map<number, ExceptionPort> {
    if (!thread) return this.taskPorts;
    let ports = this.threadPorts.get(thread);
    if (!ports) this.threadPorts.set(thread, (ports = new Map()));
    return ports;
  }

  /** thread_swap_exception_ports, task_…: one entry of what was there for each different port. */
  swapExceptionPorts(
    ports: Map<number, ExceptionPort>,
    mask: number,
    port: number,
    behavior: number,
    flavor: number,
  ): { result: number; old: ExceptionPort[] } {
    const kind = behavior & 3;
    if (mask & ~((2 << LAST_EXCEPTION) - 2)) return { result: Kern.InvalidArgument, old: [] };
    if (port !== 0 && kind === 0) return { result: Kern.InvalidArgument, old: [] };
    if (port !== 0 && !this.ports.receive(port)) return { result: MACH_SEND_INVALID_RIGHT, old: [] };
    if (flavor !== 0 && !this.flavors.valid(flavor)) return { result: Kern.InvalidArgument, old: [] };
    const old = this.getExceptionPorts(ports, mask);
    for (let type = 1; type <= LAST_EXCEPTION; type++) {
      if ((mask & (1 << type)) === 0) continue;
      if (port === 0) ports.delete(type);
      else ports.set(type, { port, mask: 1 << type, behavior, flavor });
    }
    return { result: Kern.Success, old };
  }

  getExceptionPorts(ports: Map<number, ExceptionPort>, mask: number): ExceptionPort[] {
    const found: ExceptionPort[] = [];
    for (let type = 1; type <= LAST_EXCEPTION; type++) {
      if ((mask & (1 << type)) === 0) continue;
      const here = ports.get(type) ?? { port: 0, mask: 0, behavior: 0, flavor: 0 };
      const same = found.find((f) => f.port === here.port && f.behavior === here.behavior && f.flavor === here.flavor);
      if (same) same.mask |= 1 << type;
      else found.push({ ...here, mask: 1 << type });
    }
    return found;
  }

  /** Give the exception to the thread's port, then the task's, then to the UNIX layer, which makes a signal of it. */
  raise(thread: Thread, raised: RaisedException, unhandled: () => void): void {
    const { type } = raised;
    const give = (port: ExceptionPort | undefined, otherwise: () => void): void => {
      if (!port || !this.delivery.raise(thread, port, raised, (handled) => (handled ? undefined : otherwise()))) otherwise();
    };
    give(this.threadPorts.get(thread)?.get(type), () => give(this.taskPorts.get(type), unhandled));
  }

  /** mach_msg send of a reply that lies in guest memory. */
  sendReply(message: Uint8Array): number {
    const remote = new DataView(message.buffer, message.byteOffset).getUint32(Request.remote, true);
    const right = this.ports.get(remote);
    if (right?.kind !== 'reply') return MACH_SEND_INVALID_DEST;
    this.ports.remove(remote);
    right.answer(message);
    return Kern.Success;
  }
}
