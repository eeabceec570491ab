/** Interlocked… as kernel32 exports them on IA-32 (on x86-64 compilers make instructions of them): atomic, since host functions are. */
import type { HostFunction } from '../../emulator/process/host-call.js';
import { win32 } from './call.js';

export const interlockedCalls: HostFunction[] = [
  win32('InterlockedIncrement', 'i(p)', (call, at) => {
    const value = (call.memory.i32(at) + 1) | 0;
    call.memory.setU32(at, value);
    return value;
  }),
  win32('InterlockedDecrement', 'i(p)', (call, at) => {
    const value = (call.memory.i32(at) - 1) | 0;
    call.memory.setU32(at, value);
    return value;
  }),
  win32('InterlockedExchange', 'i(pi)', (call, at, value) => {
    const old = call.memory.i32(at);
    call.memory.setU32(at, value);
    return old;
  }),
  win32('InterlockedExchangeAdd', 'i(pi)', (call, at, value) => {
    const old = call.memory.i32(at);
    call.memory.setU32(at, (old + value) | 0);
    return old;
  }),
  win32('InterlockedCompareExchange', 'i(pii)', (call, at, value, comparand) => {
    const old = call.memory.i32(at);
    // The instruction behind it writes in either case.
    call.memory.setU32(at, old === comparand ? value : old);
    return old;
  }),
];
