/**
 * protsgix: the MPS's SIGSEGV handler. It is host code behind a gate, installed by
 * sigaction; the kernel model pushes a real frame and enters it, it reads siginfo from
 * the guest's stack, and returns through the restorer to sigreturn.
 */
import { present } from '../../emulator/present.js';
import { hostFunction, RegistersReplaced, type HostCall } from '../../emulator/process/host-call.js';
import { AccessSet } from '../port.js';
import { currentHandlerFrame, handlerFrameData, leaveHandler, openHandlerFrame } from './handler-frame.js';
import type { PortSystem } from './port-system.js';
import { posixThread, type SignalAction } from './posix-thread.js';
import { emptySet, readSet, remove, writeSet } from './signal-set.js';

const SEGV_ACCERR = 2;
const MASK_BYTES = 16;

export class FaultHandler {
  private handler: ((address: number, mode: number) => boolean) | undefined;
  private previous: SignalAction | undefined;
  private gate = 0;
  private afterPrevious = 0;

  constructor(private readonly os: PortSystem) {}

  private get signal(): number {
    return this.os.traits.signals.numbers.SIGSEGV;
  }

  install(handler: (address: number, mode: number) => boolean): void {
    this.handler = handler;
    if (this.previous) return;
    const { process } = this.os;
    this.gate = process.defineHostFunction(
      hostFunction('sigsegv-handler', 'v(ipp)', (call, _signal, info) => this.run(call, info)),
      'libmps',
    );
    this.afterPrevious = process.defineHostFunction(
      hostFunction('sigsegv-handler-goes-on', 'v()', (call) => this.goOn(call)),
      'libmps',
    );
    this.takeSignal();
  }

  private takeSignal(): void {
    const { SIGINFO, RESTART } = this.os.traits.signals.flags;
    this.previous = this.os.signals.actions[this.signal];
    this.os.signalFunctions.install(this.signal, this.gate, SIGINFO | RESTART, emptySet());
  }

  private run(call: HostCall, info: number): void {
    const { siginfo } = this.os.traits.signals;
    const { memory } = call;
    if (memory.i32(info + siginfo.code) === SEGV_ACCERR) {
      const { errnoAddress } = posixThread(call.thread);
      const errno = this.os.process.supervisor.u32(errnoAddress);
      if (this.handler?.(memory.word(info + siginfo.address), AccessSet.ReadWrite)) {
        this.os.process.supervisor.setU32(errnoAddress, errno);
        return;
      }
    }
    this.passOn(call);
  }

  /** Not ours: put the previous action back, unblock SIGSEGV, send it to the process, then take it over again. */
  private passOn(call: HostCall): void {
    const { os } = this;
    const { signals, process } = os;
    const thread = call.thread;
    const state = posixThread(thread);
    // Should the process die of it: there, and not in this handler.
    const at = process.os.interruptedBy?.(call.returnAddress, call.sp + (process.cpu === 'arm64' ? 0 : process.abi.wordSize));
    if (at?.pc === state.lastFault?.pc) process.diedAt = at;
    const frame = openHandlerFrame(call, MASK_BYTES);
    writeSet(call.memory, handlerFrameData(process, frame), MASK_BYTES, state.mask);
    signals.actions[this.signal] = present(this.previous, 'the action before ours');
    const unblocked = state.mask.slice();
    remove(unblocked, this.signal);
    signals.setMask(thread, unblocked);
    const registers = process.registers(thread);
    registers.set(process.abi.sp, frame);
    registers.set(process.abi.pc, this.afterPrevious);
    signals.sendToProcess({ signal: this.signal, code: os.traits.signals.codes.USER, pid: os.pid, ...state.lastFault });
    signals.deliver(thread);
    throw new RegistersReplaced();
  }

  /** The previous handler has returned. */
  private goOn(call: HostCall): never {
    const { signals, process } = this.os;
    process.diedAt = undefined;
    const frame = currentHandlerFrame(call);
    signals.setMask(call.thread, readSet(call.memory, handlerFrameData(process, frame), MASK_BYTES));
    this.takeSignal();
    leaveHandler(call, frame);
    throw new RegistersReplaced();
  }
}
