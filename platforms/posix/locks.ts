/** Read-write locks and barriers of pthreads; their state is three words of the object. Source: POSIX.1-2017. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { peek } from './mutexes.js';
import type { ObjectPlaces } from './objects.js';
import { posixThread } from './posix-thread.js';
import type { PosixSystem } from './system.js';

const Rw = { readers: 0, writer: 4 } as const;
const Barrier = { count: 0, arrived: 4, generation: 8 } as const;

export function lockFunctions(system: PosixSystem, places: ObjectPlaces): HostFunction[] {
  const { errno, pthread } = system.traits;
  const name = (what: string, address: number): string => `${what} 0x${address.toString(16)}`;

  const readLock = (call: HostCall, address: number, wait: boolean): number => {
    const { memory, supervisor } = call;
    const state = places.state(pthread.rwlock, address);
    if (state === 0) return errno.ENOMEM;
    const writer = memory.u32(state + Rw.writer);
    if (writer === 0) {
      memory.setU32(state + Rw.readers, memory.u32(state + Rw.readers) + 1);
      return 0;
    }
    if (!wait) return errno.EBUSY;
    if (writer === posixThread(call.thread).tid) return errno.EDEADLK;
    return call.block({ what: name('read lock', address), ready: () => peek(supervisor, state + Rw.writer, (word) => word === 0) });
  };

  const writeLock = (call: HostCall, address: number, wait: boolean): number => {
    const { memory, supervisor } = call;
    const state = places.state(pthread.rwlock, address);
    if (state === 0) return errno.ENOMEM;
    const { tid } = posixThread(call.thread);
    const writer = memory.u32(state + Rw.writer);
    if (writer === 0 && memory.u32(state + Rw.readers) === 0) {
      memory.setU32(state + Rw.writer, tid);
      return 0;
    }
    if (!wait) return errno.EBUSY;
    if (writer === tid) return errno.EDEADLK;
    const ready = (): boolean =>
      peek(supervisor, state + Rw.writer, (word) => word === 0) && peek(supervisor, state + Rw.readers, (word) => word === 0);
    return call.block({ what: name('write lock', address), ready });
  };

  const unlock = (call: HostCall, address: number): number => {
    const { memory } = call;
    const state = places.state(pthread.rwlock, address);
    const readers = memory.u32(state + Rw.readers);
    if (memory.u32(state + Rw.writer) === posixThread(call.thread).tid) memory.setU32(state + Rw.writer, 0);
    else if (readers > 0) memory.setU32(state + Rw.readers, readers - 1);
    else return errno.EPERM;
    return 0;
  };

  const barrierWait = (call: HostCall, address: number): number => {
    const { memory, supervisor } = call;
    const state = places.state(pthread.barrier, address);
    const generation = memory.u32(state + Barrier.generation);
    const mine = call.attempt(() => ({ generation: -1 }));
    if (mine.generation < 0) {
      const arrived = memory.u32(state + Barrier.arrived) + 1;
      if (arrived >= memory.u32(state + Barrier.count)) {
        memory.setU32(state + Barrier.arrived, 0);
        memory.setU32(state + Barrier.generation, generation + 1);
        return pthread.barrierSerial;
      }
      memory.setU32(state + Barrier.arrived, arrived);
      mine.generation = generation;
    }
    if (generation !== mine.generation) return 0;
    const was = mine.generation;
    return call.block({
      what: name('barrier', address),
      ready: () => peek(supervisor, state + Barrier.generation, (word) => word !== was),
    });
  };

  return [
    {
      name: 'pthread_rwlock_init',
      signature: 'i(pp)',
      run: (_call, address: number) => (places.fresh(pthread.rwlock, address) === 0 ? errno.ENOMEM : 0),
    },
    { name: 'pthread_rwlock_destroy', signature: 'i(p)', run: (_call, address: number) => (places.destroy(pthread.rwlock, address), 0) },
    { name: 'pthread_rwlock_rdlock', signature: 'i(p)', run: (call, address: number) => readLock(call, address, true) },
    { name: 'pthread_rwlock_tryrdlock', signature: 'i(p)', run: (call, address: number) => readLock(call, address, false) },
    { name: 'pthread_rwlock_wrlock', signature: 'i(p)', run: (call, address: number) => writeLock(call, address, true) },
    { name: 'pthread_rwlock_trywrlock', signature: 'i(p)', run: (call, address: number) => writeLock(call, address, false) },
    { name: 'pthread_rwlock_unlock', signature: 'i(p)', run: unlock },
    {
      name: 'pthread_barrier_init',
      signature: 'i(ppu)',
      run: (call, address: number, _attributes: number, count: number) => {
        if (count === 0) return errno.EINVAL;
        const state = places.fresh(pthread.barrier, address);
        if (state === 0) return errno.ENOMEM;
        call.memory.setU32(state + Barrier.count, count);
        return 0;
      },
    },
    { name: 'pthread_barrier_destroy', signature: 'i(p)', run: (_call, address: number) => (places.destroy(pthread.barrier, address), 0) },
    { name: 'pthread_barrier_wait', signature: 'i(p)', run: barrierWait },
  ];
}
