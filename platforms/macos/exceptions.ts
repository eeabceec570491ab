/**
 * Mach exceptions: the kernel's side. A fault becomes message 2407
 * (mach_exception_raise_state_identity) in the queue of the thread's exception
 * port; the thread waits for the reply, whose state it then goes on with.
 * Structures are packed to 4 bytes: mach/mach_exc.defs, mach/message.h.
 */
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { Kern, type MachPorts } from './mach-ports.js';
import { loadThreadState, storeThreadState, type ThreadStateLayout } from './thread-state.js';

export const Exc = { BadAccess: 1, BadInstruction: 2, Arithmetic: 3, Software: 5, Breakpoint: 6 } as const;
export const EXCEPTION_STATE_IDENTITY_64 = 0x80000003 | 0;
export const THREAD_STATE_NONE = { x86: 13, arm: 5 } as const;

/** Offsets in request 2407 and reply 2507. */
export const Request = {
  bits: 0x00, size: 0x04, remote: 0x08, local: 0x0c, voucher: 0x10, id: 0x14,
  descriptorCount: 0x18, thread: 0x1c, task: 0x28, ndr: 0x34, exception: 0x3c, codeCount: 0x40, code: 0x44,
  flavor: 0x54, stateCount: 0x58, state: 0x5c,
} as const;
export const Reply = { ndr: 0x18, retCode: 0x20, flavor: 0x24, stateCount: 0x28, state: 0x2c } as const;
export const MACH_EXCEPTION_RAISE_STATE_IDENTITY = 2407;

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

/** What a thread that waits for a reply is told. */
export interface PendingException {
  replied: boolean;
  retCode: number;
}

export class ExceptionDelivery {
  /** Bytes of a request beside the state. */
  static readonly trailer = 8;

  constructor(
    private readonly process: Process,
    private readonly ports: MachPorts,
    private readonly layout: ThreadStateLayout,
    /** A page of kernel scratch memory in which states are laid out. */
    private readonly scratch: () => number,
  ) {}

  /** Queue the exception on `target` and make the thread wait for its reply; `unhandled` runs if the reply says no. */
  raise(thread: Thread, target: ExceptionPort, raised: RaisedException, unhandled: () => void): boolean {
    const right = this.ports.receive(target.port);
    if (!right) return false;
    const pending: PendingException = { replied: false, retCode: 0 };
    const reply = this.ports.add({ kind: 'reply', answer: (message) => this.answer(thread, pending, message) });
    right.queue.push(this.request(thread, target, raised, reply));
    thread.state = 'blocked';
    thread.wait = { what: 'the reply to a Mach exception', ready: () => pending.replied };
    thread.os.afterException = () => {
      if (pending.retCode !== Kern.Success) unhandled();
    };
    this.process.reschedule = true;
    return true;
  }

  private request(thread: Thread, target: ExceptionPort, raised: RaisedException, reply: number): Uint8Array {
    const { layout } = this;
    const size = Request.state + layout.size;
    const bytes = new Uint8Array(size + ExceptionDelivery.trailer);
    const view = new DataView(bytes.buffer);
    const u32 = (offset: number, value: number): void => view.setUint32(offset, value, true);
    u32(Request.bits, 0x80000000 | 18 | (16 << 8));
    u32(Request.size, size);
    u32(Request.remote, reply);
    u32(Request.local, target.port);
    u32(Request.id, MACH_EXCEPTION_RAISE_STATE_IDENTITY);
    u32(Request.descriptorCount, 2);
    u32(Request.thread, this.ports.ofThread(thread));
    u32(Request.thread + 8, 17 << 16);
    u32(Request.task, this.ports.task);
    u32(Request.task + 8, 17 << 16);
    u32(Request.ndr + 4, 1);
    u32(Request.exception, raised.type);
    u32(Request.codeCount, 2);
    raised.code.forEach((code, i) => {
      u32(Request.code + 8 * i, code >>> 0);
      u32(Request.code + 8 * i + 4, Math.floor(code / 2 ** 32) >>> 0);
    });
    u32(Request.flavor, layout.flavor);
    u32(Request.stateCount, layout.count);
    const scratch = this.scratch();
    storeThreadState(layout, this.process.registers(thread), this.process.supervisor, scratch);
    bytes.set(this.process.supervisor.bytes(scratch, layout.size), Request.state);
    u32(size, 0); // mach_msg_trailer_t: type 0,
    u32(size + 4, ExceptionDelivery.trailer); // its size
    return bytes;
  }

  private answer(thread: Thread, pending: PendingException, message: Uint8Array): void {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    pending.retCode = view.getInt32(Reply.retCode, true);
    pending.replied = true;
    if (pending.retCode !== Kern.Success) return;
    const scratch = this.scratch();
    this.process.supervisor.write(scratch, message.subarray(Reply.state, Reply.state + this.layout.size));
    this.process.withThread(thread, (registers) => loadThreadState(this.layout, registers, this.process.supervisor, scratch));
  }
}
