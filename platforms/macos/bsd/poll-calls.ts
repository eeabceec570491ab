/** poll, select and pselect: poll asks by kevents, one for reading and one for writing where they are wanted. Source: bsd/kern/sys_generic.c (XNU). */
import { descriptorWaits, Poll } from '../../posix/kernel/descriptor-waits.js';
import type { OpenFile } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { KernelCall } from '../../posix/kernel/kernel.js';
import { readTime, readTimeval, units, valid, type Time } from '../../posix/kernel/times.js';
import { int } from '../../posix/system-call-table.js';
import type { MacBsd } from './kernel.js';
import type { UnixCallName } from './system-call-numbers.js';

const FOR_EVER = -1;
/** POLLWRNORM is POLLOUT. */
const WRITING = Poll.OUT | 0x100;
const READING = Poll.IN | Poll.RDNORM | Poll.PRI | Poll.RDBAND;
/** itimerfix: more seconds are refused. */
const LONGEST = 100_000_000;

function events(file: OpenFile | undefined, wanted: number): number {
  const reading = (wanted & (READING | Poll.HUP)) !== 0;
  const writing = (wanted & WRITING) !== 0;
  // Of what is not asked for, not even that it is closed is noticed.
  if (!reading && !writing) return 0;
  if (!file) return Poll.NVAL;
  const ready = file.ready();
  const ended = (reading && ready.hungUp === true) || (writing && ready.failed === true);
  // The flag by which out-of-band data is asked for comes back as it was given.
  const read = reading && (ready.read || ended) ? wanted & READING : 0;
  return read | (writing && ready.write && !ended ? wanted & WRITING : 0) | (ended ? Poll.HUP : 0);
}

export function pollCalls(kernel: MacBsd): Partial<Record<UnixCallName, KernelCall>> {
  const { user, system } = kernel;
  const { process } = system;
  const { poll, select, masked } = descriptorWaits(kernel, { events, fewestEntries: 0, setBits: 32, hungUpWrites: true });
  const good = (time: Time): boolean => valid(time) && time.seconds <= LONGEST;
  const pollCall: KernelCall = (_thread, [address, count, word]) => {
    // Other negative times are long ones.
    const timeout = int(word);
    return poll(address, int(count) >>> 0, timeout === FOR_EVER ? undefined : process.clock.now + (timeout >>> 0) * 1e6);
  };
  const selectCall: KernelCall = (_thread, [count, read, write, other, place]) => {
    const time = place === 0 ? undefined : { ...readTimeval(user, place), nanoseconds: user.i32(place + 8) * 1000 };
    if (time && !good(time)) return -Errno.EINVAL;
    return select(int(count), [read, write, other], time && process.clock.now + units(time));
  };
  const pselectCall: KernelCall = (thread, [count, read, write, other, place, set]) => {
    const time = place === 0 ? undefined : readTime(user, place);
    if (time && !good(time)) return -Errno.EINVAL;
    return masked(thread, set, () => select(int(count), [read, write, other], time && process.clock.now + units(time)));
  };
  return {
    poll: pollCall,
    poll_nocancel: pollCall,
    select: selectCall,
    select_nocancel: selectCall,
    pselect: pselectCall,
    pselect_nocancel: pselectCall,
  };
}
