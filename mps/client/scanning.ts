/**
 * What guest scanners call: the second stage of fixing a reference, and the area
 * scanners of the library. Only inside a scan. Source: mps.h, and the scanning
 * chapter of the MPS manual.
 */
import type { HostCall, HostFunction } from '../../platforms/port.js';
import { Res } from '../plinth/res.js';
import { scanArea, scanAreaMasked, scanAreaTagged, scanAreaTaggedOrZero, type AreaScan } from '../trace/scan-area.js';
import type { ScanState } from '../trace/scan-state.js';
import type { Client } from './client.js';

export function scanningFunctions(client: Client): HostFunction[] {
  const { layouts } = client;
  const stateOf = (call: HostCall, ss: number): ScanState => {
    const state = client.scans.at(ss);
    if (state) return state;
    client.plinth.assertFail(call.fn.name, 'TESTT(ScanState, ss)');
    return client.wildRead(call, ss);
  };
  const area = (name: string, scanner: (call: HostCall, closure: number) => AreaScan): HostFunction =>
    client.define(name, 'i(pppp)', (call, ss, base, limit, closure) => {
      const state = stateOf(call, ss);
      const scan = scanner(call, closure);
      client.scans.readSummary(ss, state);
      const res = scan(state, base, limit);
      if (res === Res.OK) client.scans.writeSummary(ss, state);
      return res;
    });
  const tag = (call: HostCall, closure: number): [number | bigint, number | bigint] => {
    const { scanTag, word } = layouts;
    const read = (at: number): number | bigint => (word === 8 ? call.memory.u64(at) : call.memory.u32(at));
    return [read(closure + scanTag.mask), read(closure + scanTag.pattern)];
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

  return [
    client.define('_mps_fix2', 'i(pp)', (call, ss, slot) => fix(call, ss, slot, 0)),
    client.define('_mps_fix2_host', 'i(ppp)', fix),
    area('mps_scan_area', () => scanArea),
    area('mps_scan_area_masked', (call, closure) => scanAreaMasked(tag(call, closure)[0])),
    area('mps_scan_area_tagged', (call, closure) => scanAreaTagged(...tag(call, closure))),
    area('mps_scan_area_tagged_or_zero', (call, closure) => scanAreaTaggedOrZero(...tag(call, closure))),
  ];
}

/** What the guest's part of the library does unseen otherwise. */
export function scanningProbes(client: Client): HostFunction[] {
  return [client.define('_mps_moved', 'v(ppz)', (_call, from, to, size) => client.port.events.emit('forward', { from, to, size }))];
}
