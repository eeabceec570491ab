/**
 * signal, raise and abort as Microsoft's C run-time has them: a table of handlers, reset before each call, that
 * only raise and abort reach. Hardware exceptions don't: the C run-time's frame handler around main, which turns them
 * into SIGSEGV, SIGFPE and SIGILL, is not modelled.
 */
import { GENERAL_BYTES } from '../../emulator/cpu/registers.js';
import { hostFunction, RegistersReplaced, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { guestStep } from '../../emulator/process/sequence.js';
import type { LibraryCore } from './library-core.js';

const SIGABRT = 22;
/** SIGINT, SIGILL, SIGFPE, SIGSEGV, SIGTERM, SIGBREAK, SIGABRT; 6 is SIGABRT's compatible number. */
const signals: ReadonlySet<number> = new Set([2, 4, 8, 11, 15, 21, SIGABRT, 6]);
const SIG_DFL = 0;
const SIG_IGN = 1;
const SIG_ERR = 2 ** 64;

export class WindowsSignals {
  private readonly handlers = new Map<number, number>();

  constructor(private readonly library: LibraryCore) {}

  private number(signal: number): number {
    return signal === 6 ? SIGABRT : signal;
  }

  /** Call the handler on the caller's stack, then `done` with the registers as they were at the call. */
  private deliver(call: HostCall, signal: number, handler: number, done: () => void): never {
    const { process } = this.library;
    this.handlers.set(signal, SIG_DFL);
    const block = new Uint8Array(process.registers(call.thread).buffer, 0, GENERAL_BYTES);
    const saved = block.slice();
    const steps = [guestStep(handler, 'v(i)', [signal])];
    return process.sequences.start(call.thread, steps[Symbol.iterator](), () => {
      const registers = process.load(call.thread);
      block.set(saved);
      registers.dirty |= 1;
      done();
    });
  }

  abort(call: HostCall, text: string): never {
    const { process } = this.library;
    const end = (): never => {
      const at = process.names.describe(process.registers(call.thread).get(process.abi.pc));
      return process.end({ kind: 'signal', signal: 6, text: `STATUS_STACK_BUFFER_OVERRUN (0xC0000409): ${text}, at ${at}` });
    };
    const handler = this.handlers.get(SIGABRT) ?? SIG_DFL;
    return handler > SIG_IGN ? this.deliver(call, SIGABRT, handler, end) : end();
  }

  functions(): HostFunction[] {
    const { library } = this;
    const { process } = library;
    return [
      hostFunction('signal', 'p(ip)', (_call, given, handler) => {
        if (!signals.has(given)) {
          library.setErrno('EINVAL');
          return SIG_ERR;
        }
        const signal = this.number(given);
        const before = this.handlers.get(signal) ?? SIG_DFL;
        this.handlers.set(signal, handler);
        return before;
      }),
      hostFunction('raise', 'i(i)', (call, given) => {
        if (!signals.has(given)) {
          library.setErrno('EINVAL');
          return -1;
        }
        const signal = this.number(given);
        const handler = this.handlers.get(signal) ?? SIG_DFL;
        if (handler === SIG_IGN) return 0;
        if (handler === SIG_DFL) {
          if (signal === SIGABRT) this.abort(call, 'raise(SIGABRT)');
          process.end({ kind: 'exit', code: 3 });
        }
        return this.deliver(call, signal, handler, () =>
          process.abi.bind('i(i)').returns(process.registers(call.thread), process.supervisor, 0),
        );
      }),
      hostFunction('abort', 'v()', (call): RegistersReplaced => this.abort(call, 'abort() was called')),
    ];
  }
}
