/** The functions about exceptions: what programs call (kernel32), and what the dispatcher in ntdll.dll asks of the kernel. */
import type { Word } from '../../emulator/abi/abi.js';
import { X86 } from '../../emulator/cpu/registers.js';
import type { HostCall, HostFunction, RegistersReplaced } from '../../emulator/process/host-call.js';
import { win32 } from './call.js';
import { ContextBuffer } from './context.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { Exceptions } from './exceptions.js';
import type { LastError } from './last-error.js';
import type { Ntdll } from './ntdll.js';

interface Needs extends Pick<Core, 'process' | 'layout' | 'codec'> {
  readonly lastError: LastError;
  readonly ntdll: Ntdll;
  readonly exceptions: Exceptions;
}

const NONCONTINUABLE = 1;
const MAXIMUM_PARAMETERS = 15;
/** Set in application codes by mistake; RaiseException clears it. */
const RESERVED_BIT = 0x10000000;

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
    win32('RaiseException', 'v(uuup)', (call, code, flags, count, args) => raiseException(os, call, code, flags, count, args)),
    win32('RtlCaptureContext', 'v(p)', (call, address) => captureContext(os, call, address)),
  ];
}

/** The exception is raised in the state that the caller has after the call. */
function raiseException(os: Needs, call: HostCall, code: number, flags: number, count: number, args: number): RegistersReplaced {
  const { wordSize } = os.layout;
  const information: Word[] = [];
  for (let i = 0; args !== 0 && i < Math.min(count, MAXIMUM_PARAMETERS); i++) information.push(call.memory.bits(args + i * wordSize));
  const registers = os.process.registers(call.thread);
  const address = registers.get(X86.rip);
  registers.set(X86.rip, call.returnAddress);
  registers.set(X86.rsp, call.sp + wordSize + (wordSize === 4 ? 16 : 0));
  os.exceptions.raise(call.thread, { code: code & ~RESERVED_BIT, flags: flags & NONCONTINUABLE, address: BigInt(address), information });
  return os.exceptions.leave();
}

function captureContext(os: Needs, call: HostCall, address: number): void {
  const { codec, layout } = os;
  const bytes = call.memory.bytes(address, codec.bytes);
  const buffer = new ContextBuffer(bytes);
  const { view } = buffer;
  codec.fill(buffer, 0, 0x1f);
  view.setUint32(layout.context.flags, codec.all, true);
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
    win32('NtContinue', 'i(pi)', (call, context) => {
      if (!os.exceptions.continueFrom(call.thread, context)) return STATUS_ACCESS_VIOLATION;
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
