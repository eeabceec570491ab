/**
 * The task's Mach port names, as far as a collector uses them: the task, one
 * port for each thread, and receive rights with a queue of messages.
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
  InvalidName: 15,
  InvalidRight: 17,
  Aborted: 14,
  Terminated: 37,
} as const;

export type MachRight =
  | { kind: 'task' }
  | { kind: 'host' }
  | { kind: 'thread'; thread: Thread }
  | { kind: 'receive'; queue: Uint8Array[]; sendRights: number }
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

  receive(name: number): Extract<MachRight, { kind: 'receive' }> | undefined {
    const right = this.rights.get(name);
    return right?.kind === 'receive' ? right : undefined;
  }
}
