/**
 * The task's Mach port names, as far as a collector or an exception handler uses them:
 * the task, one port for each thread, and receive rights with a queue of messages.
 * Names look as XNU makes them: index << 8 | generation 3. Source: osfmk/ipc.
 */
import type { Thread } from '../../emulator/process/thread.js';

export const Kern = {
  Success: 0,
  InvalidAddress: 1,
  ProtectionFailure: 2,
  NoSpace: 3,
  InvalidArgument: 4,
  Failure: 5,
  ResourceShortage: 6,
  MemoryError: 10,
  Aborted: 14,
  InvalidName: 15,
  InvalidTask: 16,
  InvalidRight: 17,
  InvalidValue: 18,
  InvalidCapability: 20,
  RightExists: 21,
  Terminated: 37,
} as const;

/** mach_port_right_t. */
const PortRight = { Send: 0, Receive: 1, SendOnce: 2, PortSet: 3, DeadName: 4 } as const;

export interface ReceiveRight {
  kind: 'receive';
  /** Messages with their trailers, oldest first. */
  queue: Uint8Array[];
  sendRights: number;
}

export type MachRight =
  | { kind: 'task' }
  | { kind: 'host' }
  | { kind: 'thread'; thread: Thread }
  | ReceiveRight
  /** A kernel's reply port: a send-once right to answer one exception. */
  | { kind: 'reply'; answer: (message: Uint8Array) => void };

export class MachPorts {
  private readonly rights = new Map<number, MachRight>();
  private next = 1;
  private readonly threadNames = new Map<Thread, number>();
  readonly task = this.add({ kind: 'task' });
  readonly host = this.add({ kind: 'host' });

  add(right: MachRight): number {
    const name = (this.next++ << 8) | 3;
    this.rights.set(name, right);
    return name;
  }

  /** mach_port_type_t; undefined: there is no such right. */
  static typeOf(right: MachRight | undefined): number | undefined {
    const bit = (kind: number): number => 1 << (kind + 16);
    if (!right) return undefined;
    if (right.kind === 'receive') return bit(PortRight.Receive) | (right.sendRights > 0 ? bit(PortRight.Send) : 0);
    return bit(right.kind === 'reply' ? PortRight.SendOnce : PortRight.Send);
  }

  get(name: number): MachRight | undefined {
    return this.rights.get(name);
  }

  remove(name: number): boolean {
    return this.rights.delete(name);
  }

  /** The thread's port name (its mach_thread_self). */
  ofThread(thread: Thread): number {
    let name = this.threadNames.get(thread);
    if (name === undefined) {
      name = this.add({ kind: 'thread', thread });
      this.threadNames.set(thread, name);
    }
    return name;
  }

  thread(name: number): Thread | undefined {
    const right = this.rights.get(name);
    return right?.kind === 'thread' ? right.thread : undefined;
  }

  receive(name: number): ReceiveRight | undefined {
    const right = this.rights.get(name);
    return right?.kind === 'receive' ? right : undefined;
  }

  // The calls, on this task.

  /** mach_port_allocate: receive rights only. Undefined: KERN_INVALID_VALUE. */
  allocate(right: number): number | undefined {
    return right === PortRight.Receive ? this.allocateReceive() : undefined;
  }

  allocateReceive(): number {
    return this.add({ kind: 'receive', queue: [], sendRights: 0 });
  }

  /** mach_port_insert_right of a send right made from our own receive right (MAKE_SEND 20, COPY_SEND 19, MOVE_SEND 17). */
  insertRight(name: number, port: number, disposition: number): number {
    const right = this.receive(port);
    if (!right) return this.rights.has(port) ? Kern.InvalidCapability : Kern.InvalidValue;
    if (name !== port) return Kern.RightExists;
    if (disposition !== 20 && disposition !== 19 && disposition !== 17) return Kern.InvalidValue;
    right.sendRights++;
    return Kern.Success;
  }

  /** mach_port_deallocate: gives up a send right. Names of the task and of threads stay. */
  deallocate(name: number): number {
    const right = this.rights.get(name);
    if (!right) return Kern.InvalidName;
    if (right.kind === 'reply') this.rights.delete(name);
    if (right.kind === 'receive') {
      if (right.sendRights === 0) return Kern.InvalidRight;
      right.sendRights--;
    }
    return Kern.Success;
  }

  /** mach_port_mod_refs; a receive right that loses its only reference is destroyed. */
  modRefs(name: number, kind: number, delta: number): number {
    const right = this.rights.get(name);
    if (!right) return Kern.InvalidName;
    if (kind === PortRight.Receive) {
      if (right.kind !== 'receive') return Kern.InvalidRight;
      if (delta < -1 || delta > 0) return Kern.InvalidValue;
      if (delta === -1) this.rights.delete(name);
      return Kern.Success;
    }
    if (kind !== PortRight.Send) return Kern.InvalidRight;
    if (right.kind !== 'receive') return Kern.Success;
    if (right.sendRights + delta < 0) return Kern.InvalidValue;
    right.sendRights += delta;
    return Kern.Success;
  }
}
