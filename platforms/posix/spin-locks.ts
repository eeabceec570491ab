/** Spin locks of pthreads (Linux and FreeBSD): a word that is 1 while one is held. Who waits lets others run. Source: POSIX.1-2017; glibc, libthr. */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { peek } from './mutexes.js';
import type { ObjectPlaces } from './objects.js';
import type { PosixSystem } from './system.js';
import type { ObjectTraits } from './traits.js';

const HELD = 1;

export function spinLockFunctions(system: PosixSystem, places: ObjectPlaces): HostFunction[] {
  const { errno, os } = system.traits;
  // macOS has none.
  if (os === 'macos') return [];
  const layout: ObjectTraits = { size: 4, indirect: os === 'freebsd' };

  const tryLock = (call: HostCall, state: number): boolean => {
    if (call.memory.u32(state) !== 0) return false;
    call.memory.setU32(state, HELD);
    return true;
  };
  return [
    hostFunction('pthread_spin_init', 'i(pi)', (_call, address) => (places.fresh(layout, address) === 0 ? errno.ENOMEM : 0)),
    hostFunction('pthread_spin_destroy', 'i(p)', (_call, address) => (places.destroy(layout, address), 0)),
    hostFunction('pthread_spin_lock', 'i(p)', (call, address) => {
      const state = places.state(layout, address);
      if (tryLock(call, state)) return 0;
      return call.block({
        what: `spin lock 0x${address.toString(16)}`,
        on: [state],
        ready: () => peek(call.supervisor, state, (word) => word === 0),
      });
    }),
    hostFunction('pthread_spin_trylock', 'i(p)', (call, address) => (tryLock(call, places.state(layout, address)) ? 0 : errno.EBUSY)),
    hostFunction('pthread_spin_unlock', 'i(p)', (call, address) => {
      const state = places.state(layout, address);
      call.memory.setU32(state, 0);
      system.process.changed(state);
      return 0;
    }),
  ];
}
