/** Unnamed POSIX semaphores. The count is in the guest's sem_t. Source: POSIX.1-2017; layouts of glibc and FreeBSD's libc. */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { deadlineAt } from './clock.js';
import { peek } from './mutexes.js';
import { fail, type PosixSystem } from './system.js';

export function semaphoreFunctions(system: PosixSystem): HostFunction[] {
  const { traits, signals, process } = system;
  const layout = traits.pthread.semaphore;

  const valid = (call: HostCall, address: number): boolean =>
    !layout.magic || call.memory.u32(address + layout.magic.offset) === layout.magic.value;

  const tryWait = (call: HostCall, address: number): boolean => {
    const { memory } = call;
    const count = memory.u32(address + layout.count);
    if (count === 0) return false;
    memory.setU32(address + layout.count, count - 1);
    return true;
  };

  const wait = (call: HostCall, address: number, deadline?: number): number => {
    const interrupted = signals.wasInterrupted(call);
    if (!valid(call, address)) return fail(system, 'EINVAL');
    // The handler may have posted: FreeBSD's libc looks at the count once more, glibc and the kernel of macOS don't.
    if ((!interrupted || layout.lookedAtAgain) && tryWait(call, address)) return 0;
    if (interrupted) return fail(system, 'EINTR');
    if (deadline !== undefined && process.clock.now >= deadline) return fail(system, 'ETIMEDOUT');
    return call.block({
      kind: 'interruptible',
      by: deadline !== undefined && traits.timedSemaphoreInterrupted ? 'any' : 'without-restart',
      what: `semaphore 0x${address.toString(16)}`,
      on: [address],
      ready: () => peek(call.supervisor, address + layout.count, (word) => word > 0),
      ...(deadline !== undefined && { deadline }),
    });
  };

  return [
    hostFunction('sem_init', 'i(piu)', (call, address, _shared, value) => {
      if (layout.unsupported) return fail(system, 'ENOSYS');
      if (value > layout.maximum) return fail(system, 'EINVAL');
      call.memory.fill(address, layout.size, 0);
      if (layout.magic) call.memory.setU32(address + layout.magic.offset, layout.magic.value);
      call.memory.setU32(address + layout.count, value);
      process.changed(address);
      return 0;
    }),
    hostFunction('sem_destroy', 'i(p)', (call, address) => {
      if (layout.unsupported) return fail(system, 'ENOSYS');
      if (!valid(call, address)) return fail(system, 'EINVAL');
      if (layout.magic) call.memory.setU32(address + layout.magic.offset, 0);
      return 0;
    }),
    hostFunction('sem_wait', 'i(p)', (call, address) => wait(call, address)),
    hostFunction('sem_trywait', 'i(p)', (call, address) => {
      if (!valid(call, address)) return fail(system, 'EINVAL');
      return tryWait(call, address) ? 0 : fail(system, 'EAGAIN');
    }),
    hostFunction('sem_timedwait', 'i(pp)', (call, address, time) => {
      const deadline = deadlineAt(call, time, true);
      return deadline === undefined ? fail(system, 'EINVAL') : wait(call, address, deadline);
    }),
    ...(traits.os === 'linux'
      ? [
          hostFunction('sem_clockwait', 'i(pip)', (call, address, clock, time) => {
            const { clockRealtime, clockMonotonic } = traits.pthread;
            if (clock !== clockRealtime && clock !== clockMonotonic) return fail(system, 'EINVAL');
            const deadline = deadlineAt(call, time, clock === clockRealtime);
            return deadline === undefined ? fail(system, 'EINVAL') : wait(call, address, deadline);
          }),
        ]
      : []),
    hostFunction('sem_post', 'i(p)', (call, address) => {
      if (!valid(call, address)) return fail(system, 'EINVAL');
      const { memory } = call;
      const count = memory.u32(address + layout.count);
      if (count >= layout.maximum) return fail(system, 'EOVERFLOW');
      memory.setU32(address + layout.count, count + 1);
      process.changed(address);
      return 0;
    }),
    hostFunction('sem_getvalue', 'i(pp)', (call, address, result) => {
      if (!valid(call, address)) return fail(system, 'EINVAL');
      call.memory.setU32(result, call.memory.u32(address + layout.count));
      return 0;
    }),
  ];
}
