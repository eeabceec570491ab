/**
 * pthread_setname_np and pthread_getname_np. Linux: sixteen bytes, kept by the kernel, at first the program's name or the creator's;
 * FreeBSD: of any length, cut to the buffer, and not told to anybody else; macOS: of the calling thread, at most 63 bytes.
 * Source: pthread_setname_np(3) of the three.
 */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import type { PosixThread } from './posix-thread.js';
import type { PosixSystem } from './system.js';

/** TASK_COMM_LEN. */
const LINUX_BYTES = 16;
const text = new TextEncoder();

/** Linux's comm of the first thread. */
export const programName = (path: string): string => (path.split('/').at(-1) ?? '').slice(0, LINUX_BYTES - 1);

export function threadNameFunctions(system: PosixSystem, find: (identity: number) => PosixThread | undefined): HostFunction[] {
  const { errno, os } = system.traits;
  const get = hostFunction('pthread_getname_np', 'i(ppz)', (call, identity, buffer, size) => {
    const thread = find(identity);
    if (os === 'linux' && size < LINUX_BYTES) return errno.ERANGE;
    if (!thread) return errno.ESRCH;
    if (size === 0) return 0;
    const name = text.encode(thread.name).subarray(0, size - 1);
    call.memory.write(buffer, Uint8Array.from([...name, 0]));
    return 0;
  });
  if (os === 'macos') return [get];
  const set = (name: string, signature: 'i(pp)' | 'v(pp)'): HostFunction =>
    hostFunction(name, signature, (call, identity, address) => {
      const given = call.memory.cString(address);
      if (os === 'linux' && text.encode(given).length >= LINUX_BYTES) return errno.ERANGE;
      const thread = find(identity);
      if (!thread) return errno.ESRCH;
      thread.name = given;
      return 0;
    });
  return [get, set('pthread_setname_np', 'i(pp)'), ...(os === 'freebsd' ? [set('pthread_set_name_np', 'v(pp)')] : [])];
}
