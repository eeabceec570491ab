/** os_unfair_lock: a 32-bit word that holds the owner's thread port; locking it twice is fatal. Source: os/lock.h, libplatform's os/lock.c. */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { peek } from '../posix/mutexes.js';
import type { MachSystem } from './mach-functions.js';

export function unfairLockFunctions({ kernel, process }: MachSystem): HostFunction[] {
  const me = (call: HostCall): number => kernel.ports.ofThread(call.thread);
  const fatal = (what: string, address: number): never =>
    process.end({
      kind: 'signal',
      signal: 5,
      text: `killed by SIGTRAP: BUG IN CLIENT OF LIBPLATFORM: os_unfair_lock 0x${address.toString(16)} ${what}`,
    });
  return [
    hostFunction('os_unfair_lock_lock', 'v(p)', (call, address) => {
      const owner = call.memory.u32(address);
      if (owner === me(call)) fatal('is already held by this thread', address);
      if (owner !== 0)
        call.block({
          what: `os_unfair_lock 0x${address.toString(16)}`,
          on: [address],
          ready: () => peek(call.supervisor, address, (word) => word === 0),
        });
      call.memory.setU32(address, me(call));
    }),
    hostFunction('os_unfair_lock_trylock', 'i(p)', (call, address) => {
      if (call.memory.u32(address) !== 0) return 0;
      call.memory.setU32(address, me(call));
      return 1;
    }),
    hostFunction('os_unfair_lock_unlock', 'v(p)', (call, address) => {
      if (call.memory.u32(address) !== me(call)) fatal('is not held by this thread', address);
      call.memory.setU32(address, 0);
      process.changed(address);
    }),
  ];
}
