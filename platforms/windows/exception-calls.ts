/** The functions about exceptions: what programs call (kernel32), and what the dispatcher in ntdll.dll asks of the kernel. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { Apcs } from './apcs.js';
import { win32 } from './call.js';
import { ContextBuffer } from './context.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { Exceptions } from './exceptions.js';
import { Group } from './layout.js';
import type { LastError } from './last-error.js';
import type { Ntdll } from './ntdll.js';

interface Needs extends Pick<Core, 'process' | 'layout' | 'codec'> {
  readonly lastError: LastError;
  readonly ntdll: Ntdll;
  readonly exceptions: Exceptions;
  readonly apcs: Apcs;
}

/** Groups that RtlCaptureContext stores: on IA-32 without the x87 state. */
const CAPTURED = {
  4: Group.CONTROL | Group.INTEGER | Group.SEGMENTS,
  8: Group.CONTROL | Group.INTEGER | Group.SEGMENTS | Group.FLOATING_POINT,
};

export function exceptionCalls(os: Needs): HostFunction[] {
  const add = (list: 'Exception' | 'Continue') => (call: HostCall, first: number, handler: number) => {
    const handle = os.ntdll.addVectored(list, first !== 0, handler);
    if (!handle) os.lastError.set(call.thread, ErrorCode.NOT_ENOUGH_MEMORY);
    return handle;
  };
  const remove = (list: 'Exception' | 'Continue') => (_call: HostCall, handle: number) => (os.ntdll.removeVectored(list, handle) ? 1 : 0);
  return [
    win32('AddVectoredExceptionHandler', 'p(up)', add('Exception')),
    win32('RemoveVectoredExceptionHandler', 'u(p)', remove('Exception')),
    win32('AddVectoredContinueHandler', 'p(up)', add('Continue')),
    win32('RemoveVectoredContinueHandler', 'u(p)', remove('Continue')),
    win32('SetUnhandledExceptionFilter', 'p(p)', (_call, filter) => {
      const { ntdll } = os;
      const old = ntdll.unhandledFilter;
      ntdll.unhandledFilter = filter;
      return old;
    }),
    win32('RtlCaptureContext', 'v(p)', (call, address) => captureContext(os, call, address)),
  ];
}

function captureContext(os: Needs, call: HostCall, address: number): void {
  const { codec, layout } = os;
  const bytes = call.memory.bytes(address, codec.bytes);
  const buffer = new ContextBuffer(bytes);
  const { view } = buffer;
  codec.fill(buffer, 0, CAPTURED[layout.wordSize]);
  view.setUint32(layout.context.flags, layout.context.base | CAPTURED[layout.wordSize], true);
  const put = (offset: number, value: number): void => {
    view.setUint32(offset, value % 0x100000000, true);
    if (layout.wordSize === 8) view.setUint32(offset + 4, Math.floor(value / 0x100000000), true);
  };
  put(layout.context.rip, call.returnAddress);
  put(layout.context.rsp, call.sp + layout.wordSize + (layout.wordSize === 4 ? 4 : 0));
  call.memory.write(address, bytes);
}

const STATUS_ACCESS_VIOLATION = 0xc0000005 | 0;

export function kernelExceptionCalls(os: Needs): HostFunction[] {
  return [
    win32('NtContinue', 'i(pi)', (call, context, alert) => {
      if (!os.exceptions.continueFrom(call.thread, context)) return STATUS_ACCESS_VIOLATION;
      if (alert) os.apcs.deliver(call.thread);
      return os.exceptions.leave();
    }),
    win32('NtRaiseException', 'i(ppi)', (call, record, context, first) => {
      const exception = os.exceptions.read(record);
      if (!first) os.exceptions.unhandled(exception);
      if (!os.exceptions.continueFrom(call.thread, context)) return STATUS_ACCESS_VIOLATION;
      os.exceptions.raise(call.thread, exception);
      return os.exceptions.leave();
    }),
  ];
}
