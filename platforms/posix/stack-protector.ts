/**
 * What code compiled with -fstack-protector calls when a function finds its canary damaged, in the BSD family. Neither
 * writes to standard error: the message goes to the system's log or crash report. No handler of SIGABRT runs.
 * Sources: FreeBSD lib/libc/secure/stack_protector.c; crash reports of macOS (__stack_chk_fail, __abort, pthread_kill).
 */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { posixThread } from './posix-thread.js';
import { has } from './signal-set.js';
import { SIG_DFL } from './signals.js';
import type { PosixSystem } from './system.js';

const MESSAGE = { freebsd: 'stack overflow detected; terminated', macos: 'stack buffer overflow' } as const;
/** FreeBSD's end where SIGABRT is blocked: it waits, and the library's own _exit comes next. */
const BLOCKED_STATUS = 127;

export function stackProtectorFunctions(system: PosixSystem, os: 'freebsd' | 'macos'): HostFunction[] {
  const { signals, process } = system;
  const { numbers, codes } = signals.traits;
  const fail = (call: HostCall): never => {
    const signal = numbers.SIGABRT;
    signals.actions[signal].handler = SIG_DFL;
    // macOS unblocks the signal for the thread; FreeBSD sends it to the process, where any thread may take it.
    const open = (thread: (typeof process.threads)[number]): boolean => thread.state !== 'ended' && !has(posixThread(thread).mask, signal);
    if (os === 'freebsd' && !process.threads.some(open)) return process.end({ kind: 'exit', code: BLOCKED_STATUS });
    return signals.kill(call.thread, { signal, code: codes.THREAD, about: MESSAGE[os], pc: call.returnAddress });
  };
  return [hostFunction('__stack_chk_fail', 'v()', fail)];
}
