/**
 * mach_msg within one task: sending to own receive rights and to the kernel's exception
 * reply ports, receiving with a trailer. Source: osfmk/ipc/mach_msg.c, mach/message.h.
 */
import { UNITS_PER_SECOND } from '../../emulator/process/clock.js';
import type { HostCall } from '../../emulator/process/host-call.js';
import { GuestFault, type MemoryView } from '../../emulator/memory/memory-view.js';
import type { Process } from '../../emulator/process/process.js';
import { Request, TRAILER_SIZE } from './exceptions.js';
import { MACH_SEND_INVALID_DEST, type MacKernel } from './kernel.js';

export const MessageOption = { send: 1, receive: 2, large: 4, sendTimeout: 0x10, receiveTimeout: 0x100 } as const;
export const Mach = {
  SendInvalidData: 0x10000002,
  SendInvalidDest: MACH_SEND_INVALID_DEST,
  SendMsgTooSmall: 0x10000008,
  ReceiveInvalidName: 0x10004002,
  ReceiveTimedOut: 0x10004003,
  ReceiveTooLarge: 0x10004004,
  ReceiveInterrupted: 0x10004005,
  ReceiveInvalidData: 0x10004008,
} as const;
const HEADER_SIZE = 24;
const COMPLEX = 0x80000000;
const SEND = 17;
const SEND_ONCE = 18;
const MAKE_SEND_ONCE = 21;
const MILLISECOND = UNITS_PER_SECOND / 1000;

export class MachMessages {
  constructor(
    private readonly process: Process,
    private readonly kernel: MacKernel,
  ) {}

  mach_msg(call: HostCall, message: number, option: number, sendSize: number, receiveSize: number, name: number, timeout: number): number {
    const state = call.attempt(() => ({ sent: false, until: this.process.clock.now + timeout * MILLISECOND }));
    if (option & MessageOption.send && !state.sent) {
      const result = this.send(call.memory, message, sendSize);
      if (result !== 0) return result;
      state.sent = true;
    }
    if (!(option & MessageOption.receive)) return 0;
    const deadline = option & MessageOption.receiveTimeout ? state.until : undefined;
    return this.receive(call, message, option, receiveSize, name, deadline);
  }

  /** `memory`: the program's. */
  send(memory: MemoryView, message: number, size: number): number {
    if (size < HEADER_SIZE || size % 4 !== 0) return Mach.SendMsgTooSmall;
    let bytes: Uint8Array;
    try {
      bytes = memory.bytes(message, size);
    } catch (error) {
      if (error instanceof GuestFault) return Mach.SendInvalidData;
      throw error;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const remote = view.getUint32(Request.remote, true);
    const right = this.kernel.ports.get(remote);
    if (right?.kind === 'reply') return this.kernel.sendReply(bytes);
    // Requests to the kernel's own ports (the 36xx messages) have functions of their own here.
    if (right?.kind !== 'receive') return Mach.SendInvalidDest;
    if (view.getUint32(Request.bits, true) & COMPLEX) return Mach.SendInvalidData;
    const received = new Uint8Array(size + TRAILER_SIZE);
    received.set(bytes);
    const out = new DataView(received.buffer);
    const reply = view.getUint32(Request.local, true);
    const disposition = (view.getUint32(Request.bits, true) >>> 8) & 0x1f;
    const remoteBits = reply === 0 ? 0 : disposition === MAKE_SEND_ONCE || disposition === SEND_ONCE ? SEND_ONCE : SEND;
    out.setUint32(Request.bits, remoteBits | (SEND << 8), true);
    out.setUint32(Request.size, size, true);
    out.setUint32(Request.remote, reply, true);
    out.setUint32(Request.local, remote, true);
    out.setUint32(size + 4, TRAILER_SIZE, true);
    right.queue.push(received);
    this.process.reschedule = true;
    return 0;
  }

  private receive(call: HostCall, message: number, option: number, size: number, name: number, deadline: number | undefined): number {
    const received = this.take(call.memory, message, option, size, name);
    if (received !== undefined) return received;
    if (deadline !== undefined && this.process.clock.now >= deadline) return Mach.ReceiveTimedOut;
    return call.block({ kind: 'message', port: name, ...this.awaiting(name), ...(deadline !== undefined && { deadline }) });
  }

  /** What who waits for a message there waits for. */
  awaiting(name: number): { what: string; ready: () => boolean } {
    const right = this.kernel.ports.receive(name);
    return {
      what: `a message on Mach port 0x${name.toString(16)}`,
      ready: () => (right?.queue.length ?? 0) > 0 || this.kernel.ports.receive(name) !== right,
    };
  }

  /** Receive what is there: mach_msg_return_t; undefined: nothing is. */
  take(memory: MemoryView, message: number, option: number, size: number, name: number): number | undefined {
    const right = this.kernel.ports.receive(name);
    if (!right) return Mach.ReceiveInvalidName;
    const { queue } = right;
    if (queue.length === 0) return undefined;
    const received = queue[0];
    try {
      if (received.length > size) {
        if (option & MessageOption.large) memory.setU32(message + Request.size, received.length - TRAILER_SIZE);
        else queue.shift();
        return Mach.ReceiveTooLarge;
      }
      queue.shift();
      memory.write(message, received);
    } catch (error) {
      if (error instanceof GuestFault) return Mach.ReceiveInvalidData;
      throw error;
    }
    return 0;
  }
}
