/**
 * The host's part of fixing a reference: what _mps_fix2, which is guest machine code
 * (fixtures/guest/mps), leaves to it. Only inside a scan. Source: mps.h, and the
 * scanning chapter of the MPS manual.
 */
import type { HostCall, HostFunction } from '../../platforms/port.js';
import type { ScanState } from '../trace/scan-state.js';
import type { Client } from './client.js';

export function scanningFunctions(client: Client): HostFunction[] {
  const stateOf = (call: HostCall, ss: number): ScanState => {
    const state = client.scans.at(ss);
    if (state) return state;
    client.plinth.assertFail('_mps_fix2', 'TESTT(ScanState, ss)');
    return client.wildRead(call, ss);
  };
  const fix = (call: HostCall, ss: number, slot: number, next: number): number => {
    const state = stateOf(call, ss);
    const { memory } = call;
    const before = memory.word(slot);
    state.slot = slot;
    state.ref = before;
    state.next = next;
    const res = state.fix2();
    state.next = 0;
    if (state.ref !== before) memory.setWord(slot, state.ref);
    return res;
  };

  return [client.define('_mps_fix2_host', 'i(ppp)', fix)];
}

/** What the guest's part of the library does unseen otherwise. */
export function scanningProbes(client: Client): HostFunction[] {
  return [client.define('_mps_moved', 'v(ppz)', (_call, from, to, size) => client.port.events.emit('forward', { from, to, size }))];
}
