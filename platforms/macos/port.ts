/**
 * What the MPS needs of macOS, by its own calls, as the kit's protxc, thxc and prmcxc do
 * (vmix and protix: ../posix/port-memory.ts): an exception port served by a thread of its
 * own; thread_suspend, and thread_get_state when a thread is scanned.
 */
import { present } from '../../emulator/present.js';
import { hostFunction, type HostCall } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import { AccessSet, type Port, type PortThread, type ScanArea } from '../port.js';
import { FrameMemory } from '../posix/frame-memory.js';
import { PosixPortMemory } from '../posix/port-memory.js';
import { Behavior, Exc, MACH_EXCEPTION_CODES, Reply, Request } from './exceptions.js';
import { MacJumpBuffer } from './jump-buffer.js';
import type { MacKernel } from './kernel.js';
import type { MachSystem } from './mach-functions.js';
import { Kern } from './mach-ports.js';
import { threadStateName } from './thread-state.js';

const MAKE_SEND = 20;
const MOVE_SEND_ONCE = 18;
/** For the trailer, and more. */
const ROOM = 64;
const EXCEPTION_RAISE_STATE_IDENTITY_64 = 2407;

interface MacPortThread extends PortThread {
  thread: Thread;
  port: number;
}

export class MacPort extends PosixPortMemory implements Port {
  private readonly kernel: MacKernel;
  private readonly serverGate: number;
  private exceptionPort = 0;
  /** What the exception thread has on its stack, on its way there and back. */
  private readonly frame: FrameMemory;
  private readonly replySize: number;
  private readonly replyBytes: Uint8Array;
  private handler: ((address: number, mode: number) => boolean) | undefined;

  constructor(private readonly mach: MachSystem) {
    super(mach, new MacJumpBuffer(mach.process));
    this.kernel = mach.kernel;
    const { layout } = mach.kernel;
    this.frame = new FrameMemory(mach.process, Request.state + layout.size + ROOM);
    this.replySize = Reply.state + layout.size;
    this.replyBytes = this.frame.bytes.subarray(0, this.replySize);
    this.serverGate = mach.process.defineHostFunction(
      hostFunction('mps-exception-thread', 'p(p)', (call) => this.serve(call)),
      'libmps',
    );
  }

  // protxc

  protSetup(handler: (address: number, mode: number) => boolean): void {
    this.handler = handler;
    if (this.exceptionPort !== 0) return;
    const { ports } = this.kernel;
    this.exceptionPort = ports.allocateReceive();
    ports.insertRight(this.exceptionPort, this.exceptionPort, MAKE_SEND);
    // The thread that creates the first arena gets the port without registration.
    const first = this.currentCall()?.thread;
    if (first) this.takeExceptions(first);
    this.mach.threads.createService('MPS exception server', this.serverGate);
  }

  /** thread_swap_exception_ports, asserting that no other port was there. */
  private takeExceptions(thread: Thread): void {
    const behavior = Behavior.StateIdentity + MACH_EXCEPTION_CODES;
    const ports = this.kernel.exceptionPorts(thread);
    const { result, old } = this.kernel.swapExceptionPorts(
      ports,
      1 << Exc.BadAccess,
      this.exceptionPort,
      behavior,
      this.kernel.layout.flavor,
    );
    const strange = old.find((o) => o.port !== 0 && o.port !== this.exceptionPort);
    if (result !== Kern.Success || strange) {
      this.process.end({
        kind: 'signal',
        signal: 6,
        text: `MPS assertion: thread ${thread.id} has an exception port of its own, 0x${(strange?.port ?? 0).toString(16)}`,
      });
    }
  }

  /** Body of the exception thread: receive a request, serve it, send the reply, for ever. */
  private serve(call: HostCall): never {
    const { layout, ports } = this.kernel;
    const size = Request.state + layout.size + ROOM;
    const buffer = call.pushStack(size, 16);
    const port = this.exceptionPort;
    const { queue } = present(ports.receive(port), 'the exception port');
    for (;;) {
      const message = queue.shift();
      if (!message) {
        return call.block({ kind: 'message', port, what: 'a Mach message (the MPS exception thread)', ready: () => queue.length > 0 });
      }
      this.frame.bytes.set(message);
      this.frame.store(buffer, 0, message.length);
      this.kernel.delivery.pool.give(message);
      const handled = this.handle(buffer);
      this.reply(buffer, handled ? Kern.Success : Kern.Failure);
    }
  }

  private handle(buffer: number): boolean {
    const memory = this.memory;
    const { id, layout } = { id: memory.u32(buffer + Request.id), layout: this.kernel.layout };
    if (id !== EXCEPTION_RAISE_STATE_IDENTITY_64 || memory.u32(buffer + Request.stateCount) !== layout.count)
      throw new Error(`the exception thread received message ${id}`);
    if (memory.u32(buffer + Request.code) !== Kern.ProtectionFailure) return false;
    const address = memory.u32(buffer + Request.code + 8) + memory.u32(buffer + Request.code + 12) * 2 ** 32;
    return this.handler?.(address, AccessSet.ReadWrite) ?? false;
  }

  /** Build reply 2507 over the request, as the MPS does, and send it. */
  private reply(buffer: number, retCode: number): void {
    const { layout } = this.kernel;
    const { frame } = this;
    const w = frame.words;
    frame.load(buffer, 0, Reply.ndr);
    frame.load(buffer + Request.state, Reply.state, layout.size);
    w[Request.bits >>> 2] = MOVE_SEND_ONCE;
    w[Request.size >>> 2] = this.replySize;
    w[Request.local >>> 2] = 0;
    w[Request.id >>> 2] += 100;
    w[Reply.ndr >>> 2] = 0;
    w[(Reply.ndr >>> 2) + 1] = 1;
    w[Reply.retCode >>> 2] = retCode;
    w[Reply.flavor >>> 2] = layout.flavor;
    w[Reply.stateCount >>> 2] = layout.count;
    frame.store(buffer, 0, this.replySize);
    this.kernel.sendReply(this.replyBytes);
  }

  // thxc, prmcxc

  threadRegister(): PortThread | undefined {
    const thread = this.callNow().thread;
    if (this.exceptionPort !== 0) this.takeExceptions(thread);
    const registered: MacPortThread = { id: thread.id, thread, port: this.kernel.ports.ofThread(thread) };
    return registered;
  }

  threadDeregister(): void {
    // The exception port stays with the thread, as in the kit.
  }

  isCurrent(thread: PortThread): boolean {
    return this.currentCall()?.thread === (thread as MacPortThread).thread;
  }

  threadSuspend(thread: PortThread): boolean {
    return this.kernel.threadSuspend((thread as MacPortThread).port) === Kern.Success;
  }

  threadResume(thread: PortThread): boolean {
    return this.kernel.threadResume((thread as MacPortThread).port) === Kern.Success;
  }

  threadAreas(registered: PortThread, cold: number): ScanArea[] | undefined {
    const { port } = registered as MacPortThread;
    const { layout } = this.kernel;
    const state = this.pushStack(layout.size, 16);
    const got = this.kernel.threadGetState(port, layout.flavor, layout.count);
    if (!got.state) return undefined;
    this.memory.write(state, got.state);
    const sp = this.memory.word(state + layout.spOffset);
    const low = Math.ceil(sp / 8) * 8;
    if (low >= cold) return [];
    const stood = { pc: this.memory.word(state + layout.pcOffset), returned: false };
    return [
      { base: low, limit: cold, kind: 'stack', nameOf: (address) => this.slotName(address, sp), stood },
      {
        base: state,
        limit: state + layout.size,
        kind: 'registers',
        nameOf: (address) => threadStateName(layout, (address - state) & ~7),
        stood,
      },
    ];
  }
}
