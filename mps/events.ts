/** The events of the MPS: what it allocates, protects, scans, moves, pins and frees. */
import { address, event, maybeAddress, maybeNumber, number, record, text, type DetailsOf } from '../platforms/port.js';

const mode = 'what is denied: 1 read, 2 write, 3 both, 0 nothing';

export const mpsEvents = {
  'arena-create': event('An arena was created.', {
    arena: address('its address'),
    size: number('bytes of address space'),
    grain: number('its grain size'),
    zoneShift: number('log2 of a zone stripe'),
  }),
  'chunk-create': event('The arena got a chunk of address space.', { base: address('its base'), limit: address('its limit') }),
  'chunk-destroy': event('The arena gave a chunk back.', { base: address('its base'), limit: address('its limit') }),
  'ap-fill': event('An allocation point got memory.', {
    ap: address('the allocation point'),
    base: address('base of what it got'),
    limit: address('its limit'),
    size: number('bytes that were asked for'),
    pool: text("the pool's class"),
  }),
  'trace-start': event('A trace begins: objects are condemned.', {
    why: text('why'),
    condemned: number('bytes'),
    foundation: number('bytes that will be scanned'),
    notCondemned: number('bytes'),
    white: record<readonly [number, number]>('the zones of the condemned set, upper and lower half'),
  }),
  'trace-flip': event('The mutator changes to the new world: roots are scanned.', {}),
  'trace-end': event('A trace is finished.', {
    condemned: number('bytes'),
    forwarded: number('bytes that moved'),
    preservedInPlace: number('bytes that stayed'),
    pinned: number('objects that ambiguous references pinned'),
  }),
  'root-scan': event('A root is scanned.', {
    root: number('its serial number'),
    kind: text('its kind'),
    rank: number('0 ambiguous, 1 exact'),
  }),
  'context-read': event("A thread's stack or saved registers are scanned.", {
    of: number('the thread'),
    kind: text<'stack' | 'registers'>('stack or registers'),
    base: address('base of the memory that is scanned'),
    limit: address('its limit'),
  }),
  fix: event('A reference was fixed (only while an instrument asks for it).', {
    rank: number('its rank'),
    from: address('what it was'),
    to: address('what it is now'),
    slot: maybeAddress('where it is'),
  }),
  nail: event('An ambiguous reference pins an object.', {
    address: address('the reference'),
    by: text('the register or stack slot'),
    of: maybeNumber('the thread whose it is'),
    slot: maybeAddress('where the register was saved, or the slot'),
  }),
  forward: event('An object moved.', { from: address('from'), to: address('to'), size: number('bytes') }),
  'seg-reclaim': event('A condemned segment is done.', {
    base: address('its base'),
    limit: address('its limit'),
    outcome: text<'freed' | 'kept'>('freed, or kept for what is pinned in it'),
  }),
  protect: event('Pages were protected or opened.', { base: address('base'), limit: address('limit'), mode: number(mode) }),
  barrier: event('An access met a barrier.', {
    address: address('what was accessed'),
    mode: number('the access as the system reports it: 1 read, 2 write, 3 it can not tell'),
    hit: number('what of it the barrier denied; 0: another thread was here first'),
  }),
  suspend: event('A thread is stopped, to be scanned.', { of: number('the thread') }),
  resume: event('A thread goes on.', { of: number('the thread') }),
  finalize: event('An object was found dead and is to be finalized.', { object: address('the object') }),
  'message-post': event('A message is in the queue.', { type: number('its type, as in mps.h') }),
  assertion: event('A check failed.', {
    where: text("the original's file"),
    condition: text('what should have been true'),
  }),
  label: event('The client labelled an address.', { address: address('the address'), label: text('its label') }),
};

declare module '../emulator/events.js' {
  interface EventMap extends DetailsOf<typeof mpsEvents> {}
}
