/**
 * Attributes of condition variables, read-write locks and barriers: whether processes share them, the clock of a condition,
 * glibc's preference of a read-write lock. Source: POSIX.1-2017; pthread_rwlockattr_setkind_np(3).
 */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { ObjectPlaces } from './objects.js';
import type { PosixSystem } from './system.js';
import type { ObjectTraits } from './traits.js';

/** The word of an attribute object: a clock + 1 or a preference below, and above them the bit that says shared. */
const SHARED = 0x80000000;
const VALUE = 0x7fffffff;

export function lockAttributeFunctions(system: PosixSystem, places: ObjectPlaces): HostFunction[] {
  const { os, errno, pthread } = system.traits;
  const { shared, private: own } = pthread.sharing;
  const get = (call: HostCall, layout: ObjectTraits, address: number): number => call.memory.u32(places.state(layout, address));
  const set = (call: HostCall, layout: ObjectTraits, address: number, mask: number, value: number): number => {
    const before = get(call, layout, address);
    call.memory.setU32(places.state(layout, address), ((before & ~mask) | value) >>> 0);
    return 0;
  };

  const common = (name: string, layout: ObjectTraits): HostFunction[] => [
    hostFunction(`pthread_${name}_init`, 'i(p)', (_call, address) => (places.fresh(layout, address) === 0 ? errno.ENOMEM : 0)),
    hostFunction(`pthread_${name}_destroy`, 'i(p)', (_call, address) => (places.destroy(layout, address), 0)),
    hostFunction(`pthread_${name}_setpshared`, 'i(pi)', (call, address, value) =>
      value === shared || value === own ? set(call, layout, address, SHARED, value === shared ? SHARED : 0) : errno.EINVAL,
    ),
    hostFunction(`pthread_${name}_getpshared`, 'i(pp)', (call, address, result) => {
      call.memory.setU32(result, get(call, layout, address) >= SHARED ? shared : own);
      return 0;
    }),
  ];

  const clocks = [
    hostFunction('pthread_condattr_setclock', 'i(pi)', (call, address, clock) =>
      clock === pthread.clockRealtime || clock === pthread.clockMonotonic
        ? set(call, pthread.condAttr, address, VALUE, clock + 1)
        : errno.EINVAL,
    ),
    hostFunction('pthread_condattr_getclock', 'i(pp)', (call, address, result) => {
      const value = get(call, pthread.condAttr, address) & VALUE;
      call.memory.setU32(result, value === 0 ? pthread.clockRealtime : value - 1);
      return 0;
    }),
  ];
  // PTHREAD_RWLOCK_PREFER_READER_NP, _WRITER_NP, _WRITER_NONRECURSIVE_NP.
  const PREFERENCES = 3;
  const preferences = [
    hostFunction('pthread_rwlockattr_setkind_np', 'i(pi)', (call, address, kind) =>
      kind >= 0 && kind < PREFERENCES ? set(call, pthread.rwlockAttr, address, VALUE, kind) : errno.EINVAL,
    ),
    hostFunction('pthread_rwlockattr_getkind_np', 'i(pp)', (call, address, result) => {
      call.memory.setU32(result, get(call, pthread.rwlockAttr, address) & VALUE);
      return 0;
    }),
  ];
  return [
    ...common('condattr', pthread.condAttr),
    ...common('rwlockattr', pthread.rwlockAttr),
    ...(os === 'macos' ? [] : [...clocks, ...common('barrierattr', pthread.barrierAttr)]),
    ...(os === 'linux' ? preferences : []),
  ];
}

/** A condition's clock, from the word of its attributes: 0 = realtime, else clock + 1. */
export const clockWord = (attributes: number): number => attributes & VALUE;
