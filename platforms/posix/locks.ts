/** Read-write locks and barriers of pthreads; their state is three words of the object. Source: POSIX.1-2017. */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { deadlineAt } from './clock.js';
import { peek } from './mutexes.js';
import type { ObjectPlaces } from './objects.js';
import { posixThread } from './posix-thread.js';
import type { PosixSystem } from './system.js';
import type { ObjectTraits } from './traits.js';

const Rw = { readers: 0, writer: 4 } as const;
/** How long to wait: until a time, or not at all. */
type Patience = 'for ever' | 'not' | number;
const until = (wait: Patience): { deadline?: number } => (typeof wait === 'number' ? { deadline: wait } : {});
const Barrier = { count: 0, arrived: 4, generation: 8 } as const;

export function lockFunctions(system: PosixSystem, places: ObjectPlaces): HostFunction[] {
  const { errno, pthread } = system.traits;
  const name = (what: string, address: number): string => `${what} 0x${address.toString(16)}`;

  const isOver = (wait: Patience): boolean => typeof wait === 'number' && system.process.clock.now >= wait;

  const readLock = (call: HostCall, address: number, wait: Patience): number => {
    const { memory, supervisor } = call;
    const state = places.state(pthread.rwlock, address);
    if (state === 0) return errno.ENOMEM;
    const writer = memory.u32(state + Rw.writer);
    if (writer === 0) {
      memory.setU32(state + Rw.readers, memory.u32(state + Rw.readers) + 1);
      return 0;
    }
    if (wait === 'not') return errno.EBUSY;
    if (writer === posixThread(call.thread).tid) return errno.EDEADLK;
    if (isOver(wait)) return errno.ETIMEDOUT;
    return call.block({
      ...until(wait),
      what: name('read lock', address),
      on: [state],
      ready: () => peek(supervisor, state + Rw.writer, (word) => word === 0),
    });
  };

  const writeLock = (call: HostCall, address: number, wait: Patience): number => {
    const { memory, supervisor } = call;
    const state = places.state(pthread.rwlock, address);
    if (state === 0) return errno.ENOMEM;
    const { tid } = posixThread(call.thread);
    const writer = memory.u32(state + Rw.writer);
    if (writer === 0 && memory.u32(state + Rw.readers) === 0) {
      memory.setU32(state + Rw.writer, tid);
      return 0;
    }
    if (wait === 'not') return errno.EBUSY;
    if (writer === tid) return errno.EDEADLK;
    if (isOver(wait)) return errno.ETIMEDOUT;
    const ready = (): boolean =>
      peek(supervisor, state + Rw.writer, (word) => word === 0) && peek(supervisor, state + Rw.readers, (word) => word === 0);
    return call.block({ ...until(wait), what: name('write lock', address), on: [state], ready });
  };

  const unlock = (call: HostCall, address: number): number => {
    const { memory } = call;
    const state = places.state(pthread.rwlock, address);
    const readers = memory.u32(state + Rw.readers);
    if (memory.u32(state + Rw.writer) === posixThread(call.thread).tid) memory.setU32(state + Rw.writer, 0);
    else if (readers > 0) memory.setU32(state + Rw.readers, readers - 1);
    else return errno.EPERM;
    system.process.changed(state);
    return 0;
  };

  const { os, pthread: clocks } = system.traits;
  const locks = { rdlock: readLock, wrlock: writeLock } as const;
  const both = (make: (name: string, lock: typeof readLock) => HostFunction): HostFunction[] =>
    Object.entries(locks).map(([name, lock]) => make(name, lock));
  /** The time is looked at before the lock is. */
  const inTime = (call: HostCall, time: number, realtime: boolean, lock: (until: number) => number): number => {
    const deadline = deadlineAt(call, time, realtime);
    return deadline === undefined ? errno.EINVAL : lock(deadline);
  };
  const timed = [
    ...(os === 'macos'
      ? []
      : both((name, lock) =>
          hostFunction(`pthread_rwlock_timed${name}`, 'i(pp)', (call, address, time) =>
            inTime(call, time, true, (deadline) => lock(call, address, deadline)),
          ),
        )),
    ...(os === 'linux'
      ? both((name, lock) =>
          hostFunction(`pthread_rwlock_clock${name}`, 'i(pip)', (call, address, clock, time) =>
            clock !== clocks.clockRealtime && clock !== clocks.clockMonotonic
              ? errno.EINVAL
              : inTime(call, time, clock === clocks.clockRealtime, (deadline) => lock(call, address, deadline)),
          ),
        )
      : []),
  ];
  return [
    hostFunction('pthread_rwlock_init', 'i(pp)', (_call, address) => (places.fresh(pthread.rwlock, address) === 0 ? errno.ENOMEM : 0)),
    hostFunction('pthread_rwlock_destroy', 'i(p)', (_call, address) => (places.destroy(pthread.rwlock, address), 0)),
    hostFunction('pthread_rwlock_rdlock', 'i(p)', (call, address) => readLock(call, address, 'for ever')),
    hostFunction('pthread_rwlock_tryrdlock', 'i(p)', (call, address) => readLock(call, address, 'not')),
    hostFunction('pthread_rwlock_wrlock', 'i(p)', (call, address) => writeLock(call, address, 'for ever')),
    hostFunction('pthread_rwlock_trywrlock', 'i(p)', (call, address) => writeLock(call, address, 'not')),
    hostFunction('pthread_rwlock_unlock', 'i(p)', unlock),
    ...timed,
    ...(pthread.barrier ? barrierFunctions(system, places, pthread.barrier) : []),
  ];
}

function barrierFunctions(system: PosixSystem, places: ObjectPlaces, barrier: ObjectTraits): HostFunction[] {
  const { errno, pthread } = system.traits;

  const barrierWait = (call: HostCall, address: number): number => {
    const { memory, supervisor } = call;
    const state = places.state(barrier, address);
    const generation = memory.u32(state + Barrier.generation);
    const mine = call.attempt(() => ({ generation: -1 }));
    if (mine.generation < 0) {
      const arrived = memory.u32(state + Barrier.arrived) + 1;
      if (arrived >= memory.u32(state + Barrier.count)) {
        memory.setU32(state + Barrier.arrived, 0);
        memory.setU32(state + Barrier.generation, generation + 1);
        system.process.changed(state);
        return pthread.barrierSerial;
      }
      memory.setU32(state + Barrier.arrived, arrived);
      mine.generation = generation;
    }
    if (generation !== mine.generation) return 0;
    const was = mine.generation;
    return call.block({
      what: `barrier 0x${address.toString(16)}`,
      on: [state],
      ready: () => peek(supervisor, state + Barrier.generation, (word) => word !== was),
    });
  };

  return [
    hostFunction('pthread_barrier_init', 'i(ppu)', (call, address, _attributes, count) => {
      if (count === 0) return errno.EINVAL;
      const state = places.fresh(barrier, address);
      if (state === 0) return errno.ENOMEM;
      call.memory.setU32(state + Barrier.count, count);
      return 0;
    }),
    hostFunction('pthread_barrier_destroy', 'i(p)', (_call, address) => (places.destroy(barrier, address), 0)),
    hostFunction('pthread_barrier_wait', 'i(p)', barrierWait),
  ];
}
