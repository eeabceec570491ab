/**
 * Mach exceptions: the kernel's side. A fault becomes a message in the queue of the
 * thread's exception port; the thread waits for the reply, whose state it then goes on
 * with. The three behaviours, with 32- and 64-bit codes, differ in what the message
 * holds. Structures are packed to 4 bytes: mach/exc.defs, mach/mach_exc.defs, mach/message.h.
 */
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { posixThread } from '../posix/posix-thread.js';
import { Kern, type MachPorts } from './mach-ports.js';
import { MessagePool } from './message-pool.js';
import type { StateFlavors } from './state-flavors.js';

export const Exc = { BadAccess: 1, BadInstruction: 2, Arithmetic: 3, Software: 5, Breakpoint: 6 } as const;
export const Behavior = { Default: 1, State: 2, StateIdentity: 3 } as const;
export const MACH_EXCEPTION_CODES = 0x80000000;

/** Offsets in request 2407 (behaviour STATE_IDENTITY with 64-bit codes), and in replies that carry state. */
export const Request = {
  bits: 0x00,
  size: 0x04,
  remote: 0x08,
  local: 0x0c,
  voucher: 0x10,
  id: 0x14,
  descriptorCount: 0x18,
  thread: 0x1c,
  task: 0x28,
  ndr: 0x34,
  exception: 0x3c,
  codeCount: 0x40,
  code: 0x44,
  flavor: 0x54,
  stateCount: 0x58,
  state: 0x5c,
} as const;
export const Reply = { ndr: 0x18, retCode: 0x20, flavor: 0x24, stateCount: 0x28, state: 0x2c } as const;
export const TRAILER_SIZE = 8;
const COMPLEX = 0x80000000;
const MOVE_SEND = 17;
const MOVE_SEND_ONCE = 18;
const EXCEPTION_RAISE = 2401;
const REPLY_OFFSET = 100;

export interface ExceptionPort {
  /** Name of the receive right. */
  port: number;
  mask: number;
  behavior: number;
  flavor: number;
}

export interface RaisedException {
  type: number;
  code: [number, number];
}

/** What has come back for one exception. */
interface Pending {
  /** The reply's bytes; its state becomes the thread's when that goes on. */
  reply: Uint8Array | undefined;
  target: ExceptionPort;
  done: (handled: boolean) => void;
}

/** Room for the largest request, and for all that counts of a reply. */
const SCRATCH_BYTES = 1024;

function kindOf({ behavior }: ExceptionPort): { identity: boolean; state: boolean; wide: boolean; id: number } {
  const kind = behavior & 3;
  const wide = (behavior & MACH_EXCEPTION_CODES) !== 0;
  return { identity: kind !== Behavior.State, state: kind !== Behavior.Default, wide, id: EXCEPTION_RAISE + kind - 1 + (wide ? 4 : 0) };
}

export class ExceptionDelivery {
  constructor(
    private readonly process: Process,
    private readonly ports: MachPorts,
    private readonly flavors: StateFlavors,
  ) {}

  /** Threads that wait for a reply. */
  private readonly waiting = new Map<Thread, Pending>();
  readonly pool = new MessagePool();
  /** Where requests are put together and replies taken apart, under one view. */
  private readonly scratch = new Uint8Array(SCRATCH_BYTES);
  private readonly view = new DataView(this.scratch.buffer);

  /** Queue the exception on `target` and make the thread wait; `done` hears, when it goes on, whether the reply was success. */
  raise(thread: Thread, target: ExceptionPort, raised: RaisedException, done: (handled: boolean) => void): boolean {
    const right = this.ports.receive(target.port);
    if (!right) return false;
    // A state that the thread hasn't got can't be told.
    if ((target.behavior & 3) > 1 && this.flavors.count(target.flavor) === undefined) return false;
    const pending: Pending = { reply: undefined, target, done };
    const reply = this.ports.add({ kind: 'reply', answer: (message) => void (pending.reply = this.copy(message)) });
    right.queue.push(this.request(thread, target, raised, reply));
    if (thread.callbacks.length > 0) {
      this.serveNow(thread, pending);
      this.finish(thread, pending);
      return true;
    }
    thread.block({ kind: 'kernel', what: 'the reply to a Mach exception', ready: () => pending.reply !== undefined });
    this.process.reschedule = true;
    this.waiting.set(thread, pending);
    return true;
  }

  /** The thread is about to run (it is loaded): if it waited for a reply, what becomes of it. */
  resume(thread: Thread): void {
    if (this.waiting.size === 0) return;
    const pending = this.waiting.get(thread);
    if (!pending) return;
    this.waiting.delete(thread);
    this.finish(thread, pending);
  }

  private finish(thread: Thread, { reply, target, done }: Pending): void {
    done(reply !== undefined && this.accept(thread, target, reply));
  }

  /**
   * The thread runs a callback of host code, so no other guest instruction can run: a server that is host code
   * and waits for messages is run at once; another could only deadlock.
   */
  private serveNow(thread: Thread, pending: Pending): void {
    const { process } = this;
    const waits = (other: Thread): boolean => {
      if (other.suspendCount > 0) return false;
      if (other.state === 'blocked') return other.wait?.kind === 'message' && other.wait.port === pending.target.port;
      // A thread of host code that has not yet come to its first wait.
      return (
        other.state === 'runnable' &&
        posixThread(other).service &&
        process.withThread(other, (r) => process.gates.at(r.get(process.abi.pc)) !== undefined)
      );
    };
    while (pending.reply === undefined) {
      const server = process.threads.find((other) => other !== thread && waits(other));
      if (!server) {
        return process.end({
          kind: 'deadlock',
          text: 'deadlock: a callback from the host raised a Mach exception, and the thread that would serve it cannot run',
        });
      }
      server.unblock();
      process.runHostFunctionNow(server);
    }
    process.load(thread);
  }

  private request(thread: Thread, target: ExceptionPort, raised: RaisedException, reply: number): Uint8Array {
    const { identity, state, wide, id } = kindOf(target);
    const { view } = this;
    const words = state ? (this.flavors.count(target.flavor) ?? 0) : 0;
    const start = identity ? Request.ndr : Request.descriptorCount;
    const codes = start + 16;
    const stateAt = codes + (wide ? 16 : 8) + (words > 0 ? 8 : 0);
    const size = stateAt + 4 * words;
    this.scratch.fill(0, 0, size + TRAILER_SIZE);
    const u32 = (offset: number, value: number): void => view.setUint32(offset, value, true);
    u32(Request.bits, ((identity ? COMPLEX : 0) | MOVE_SEND_ONCE | (MOVE_SEND << 8)) >>> 0);
    u32(Request.size, size);
    u32(Request.remote, reply);
    u32(Request.local, target.port);
    u32(Request.id, id);
    if (identity) {
      u32(Request.descriptorCount, 2);
      u32(Request.thread, this.ports.ofThread(thread));
      u32(Request.thread + 8, MOVE_SEND << 16);
      u32(Request.task, this.ports.task);
      u32(Request.task + 8, MOVE_SEND << 16);
    }
    u32(start + 4, 1);
    u32(start + 8, raised.type);
    u32(start + 12, 2);
    for (let i = 0; i < 2; i++) {
      const code = raised.code[i];
      u32(codes + (wide ? 8 : 4) * i, code % 2 ** 32);
      if (wide) u32(codes + 8 * i + 4, Math.floor(code / 2 ** 32));
    }
    if (words > 0) {
      u32(stateAt - 8, target.flavor);
      u32(stateAt - 4, words);
      this.flavors.put(thread, target.flavor, view, stateAt);
    }
    // mach_msg_trailer_t: type 0, its size.
    u32(size + 4, TRAILER_SIZE);
    return this.copy(this.scratch, size + TRAILER_SIZE);
  }

  /** The thread (loaded) takes the state that the reply carries. What is no well-formed reply is a failure (MIG_REPLY_MISMATCH, MIG_TYPE_ERROR). */
  private accept(thread: Thread, target: ExceptionPort, reply: Uint8Array): boolean {
    const { id, state } = kindOf(target);
    const { view } = this;
    const { length } = reply;
    this.scratch.set(reply);
    this.pool.give(reply);
    if (length < Reply.flavor || view.getUint32(Request.id, true) !== id + REPLY_OFFSET) return false;
    if (view.getInt32(Reply.retCode, true) !== Kern.Success) return false;
    if (!state) return true;
    const words = length >= Reply.state ? view.getUint32(Reply.stateCount, true) : 0;
    const flavor = length >= Reply.stateCount ? view.getUint32(Reply.flavor, true) : 0;
    return this.flavors.load(thread, flavor, view, Reply.state, Math.min(4 * words, length - Reply.state));
  }

  /** The first bytes of a message, all of them where they have room in the scratch. */
  private copy(message: Uint8Array, length = Math.min(message.length, SCRATCH_BYTES)): Uint8Array {
    const copy = this.pool.take(length);
    for (let i = 0; i < length; i++) copy[i] = message[i];
    return copy;
  }
}
