/**
 * What the C run-time (UCRT) does when a function is given what it can't be given: errno is set, then the handler is called,
 * the thread's own or the program's, and the function fails. Without a handler the program ends by __fastfail.
 * The release library says nothing of the place: the handler's arguments are zero.
 */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { hostFunction } from '../../emulator/process/host-call.js';
import type { Core } from './core.js';
import type { Exceptions } from './exceptions.js';
import type { LastError } from './last-error.js';
import { Status } from './status.js';
import { windowsThread } from './windows-thread.js';

interface Needs extends Pick<Core, 'process'> {
  readonly lastError: LastError;
  readonly exceptions: Exceptions;
}

const NONCONTINUABLE = 1;
const FAST_FAIL_INVALID_ARG = 5n;
const EINVAL = 22;

export class InvalidParameter {
  private handler = 0;

  constructor(private readonly os: Needs) {}

  /** Returns where a handler has returned: then the function fails. */
  report(call: HostCall, errno = EINVAL): void {
    this.os.lastError.setErrno(call.thread, errno);
    this.invoke(call);
  }

  private invoke(call: HostCall): void {
    const handler = windowsThread(call.thread).invalidParameterHandler || this.handler;
    if (handler) return call.callGuest(handler, 'v(pppup)', [0, 0, 0, 0, 0]);
    const { process } = this.os;
    const address = BigInt(process.registers(call.thread).get(process.abi.pc));
    this.os.exceptions.unhandled({
      code: Status.STACK_BUFFER_OVERRUN,
      flags: NONCONTINUABLE,
      address,
      information: [FAST_FAIL_INVALID_ARG],
    });
  }

  functions(): HostFunction[] {
    return [
      hostFunction('_set_invalid_parameter_handler', 'p(p)', (_call, handler) => {
        const before = this.handler;
        this.handler = handler;
        return before;
      }),
      hostFunction('_get_invalid_parameter_handler', 'p()', () => this.handler),
      hostFunction('_set_thread_local_invalid_parameter_handler', 'p(p)', (call, handler) => {
        const own = windowsThread(call.thread);
        const before = own.invalidParameterHandler;
        own.invalidParameterHandler = handler;
        return before;
      }),
      hostFunction('_get_thread_local_invalid_parameter_handler', 'p()', (call) => windowsThread(call.thread).invalidParameterHandler),
      hostFunction('_invalid_parameter_noinfo', 'v()', (call) => this.invoke(call)),
      hostFunction('_invalid_parameter_noinfo_noreturn', 'v()', (call) => this.invoke(call)),
    ];
  }
}
