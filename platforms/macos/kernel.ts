/**
 * The part of XNU that a collector meets, for one process: threads and their
 * Mach ports, suspension, thread states, exception ports, messages.
 * Source of the behaviour: osfmk/kern/thread_act.c, exception.c, ipc.
 */
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { ExceptionDelivery, Request, type ExceptionPort, type RaisedException } from './exceptions.js';
import { Kern, MachPorts } from './mach-ports.js';
import { loadThreadState, storeThreadState, threadStateLayout, type ThreadStateLayout } from './thread-state.js';

/** What macOS keeps of a thread (Thread.os). */
export interface MacThread {
  exceptionPort: ExceptionPort | undefined;
  /** Run when the thread goes on after waiting for an exception reply. */
  afterException: (() => void) | undefined;
}

export class MacKernel {
  readonly ports = new MachPorts();
  readonly layout: ThreadStateLayout;
  readonly delivery: ExceptionDelivery;
  taskExceptionPort: ExceptionPort | undefined;

  constructor(
    private readonly process: Process,
    scratch: () => number,
  ) {
    this.layout = threadStateLayout(process.cpu);
    this.delivery = new ExceptionDelivery(process, this.ports, this.layout, scratch);
  }

  static of(thread: Thread): MacThread {
    const os = (thread.os ??= {}) as Partial<MacThread>;
    if (!('exceptionPort' in os)) Object.assign(os, { exceptionPort: undefined, afterException: undefined });
    return os as MacThread;
  }

  /** thread_suspend: synchronous, counts. */
  threadSuspend(name: number): number {
    const thread = this.ports.thread(name);
    if (!thread) return Kern.InvalidArgument;
    if (thread.state === 'ended') return Kern.Terminated;
    thread.suspendCount++;
    this.process.reschedule = true;
    return Kern.Success;
  }

  threadResume(name: number): number {
    const thread = this.ports.thread(name);
    if (!thread) return Kern.InvalidArgument;
    if (thread.state === 'ended') return Kern.Terminated;
    if (thread.suspendCount === 0) return Kern.Failure;
    thread.suspendCount--;
    this.process.reschedule = true;
    return Kern.Success;
  }

  /** thread_get_state of the general flavor into guest memory; `count` in words as given, the words stored as result. */
  threadGetState(name: number, flavor: number, address: number, count: number): { result: number; count: number } {
    const thread = this.ports.thread(name);
    if (!thread) return { result: Kern.InvalidArgument, count };
    if (thread.state === 'ended') return { result: Kern.Terminated, count };
    if (flavor !== this.layout.flavor || count < this.layout.count) return { result: Kern.InvalidArgument, count };
    this.process.withThread(thread, (registers) => storeThreadState(this.layout, registers, this.process.supervisor, address));
    return { result: Kern.Success, count: this.layout.count };
  }

  threadSetState(name: number, flavor: number, address: number, count: number): number {
    const thread = this.ports.thread(name);
    if (!thread || flavor !== this.layout.flavor || count < this.layout.count) return Kern.InvalidArgument;
    if (thread.state === 'ended') return Kern.Terminated;
    this.process.withThread(thread, (registers) => loadThreadState(this.layout, registers, this.process.supervisor, address));
    return Kern.Success;
  }

  /** Give the exception to the thread's port, then the task's. False: nobody takes it (the UNIX layer makes a signal). */
  raise(thread: Thread, raised: RaisedException, unhandled: () => void): boolean {
    const mask = 1 << raised.type;
    const task = this.taskExceptionPort;
    const toTask = (): boolean => task !== undefined && (task.mask & mask) !== 0 && this.delivery.raise(thread, task, raised, unhandled);
    const own = MacKernel.of(thread).exceptionPort;
    if (own && own.mask & mask) {
      return this.delivery.raise(thread, own, raised, () => {
        if (!toTask()) unhandled();
      });
    }
    return toTask();
  }

  /** mach_msg send of a reply that lies in guest memory. */
  sendReply(address: number): number {
    const memory = this.process.supervisor;
    const size = memory.u32(address + Request.size);
    const remote = memory.u32(address + Request.remote);
    const right = this.ports.get(remote);
    if (right?.kind !== 'reply') return MACH_SEND_INVALID_DEST;
    this.ports.remove(remote);
    right.answer(memory.bytes(address, size));
    return Kern.Success;
  }
}

export const MACH_SEND_INVALID_DEST = 0x10000003;
