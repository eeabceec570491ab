/**
 * Location dependency: mps_ld_s is the guest's; here it is read, widened and compared
 * with what has moved. Source: mps.h, and the location dependency chapter of the MPS manual.
 */
import type { HostCall, HostFunction } from '../../platforms/port.js';
import type { Arena } from '../arena/arena.js';
import { RefSet } from '../space/zone.js';
import type { Client } from './client.js';

export function locationDependencyFunctions(client: Client): HostFunction[] {
  const d = client.define;
  const { ld: layout, word } = client.layouts;
  const readSet = (call: HostCall, ld: number): RefSet => {
    const at = ld + layout.rs;
    return new RefSet(call.memory.u32(at) | 0, word === 8 ? call.memory.u32(at + 4) | 0 : 0);
  };
  const writeSet = (call: HostCall, ld: number, set: RefSet): void => {
    const at = ld + layout.rs;
    call.memory.setU32(at, set.lo >>> 0);
    if (word === 8) call.memory.setU32(at + 4, set.hi >>> 0);
  };
  /** Checks ld and arena; returns the dependency's epoch. */
  const epochOf = (call: HostCall, ld: number, arena: Arena): number => {
    client.aver(ld !== 0, call.fn.name, 'ld != NULL');
    const epoch = call.memory.word(ld + layout.epoch);
    client.aver(epoch <= arena.history.epoch, call.fn.name, 'ld->_epoch <= ArenaEpoch(arena)');
    return epoch;
  };
  const isStale = (call: HostCall, ld: number, a: number): number => {
    const arena = client.arena(call, a);
    return arena.history.isStale(epochOf(call, ld, arena), readSet(call, ld)) ? 1 : 0;
  };

  return [
    d('mps_ld_reset', 'v(pp)', (call, ld, a) => {
      const arena = client.arena(call, a);
      client.aver(ld !== 0, call.fn.name, 'ld != NULL');
      call.memory.setWord(ld + layout.epoch, arena.history.epoch);
      writeSet(call, ld, RefSet.EMPTY);
    }),
    d('mps_ld_add', 'v(ppp)', (call, ld, a, address) => {
      const arena = client.arena(call, a);
      epochOf(call, ld, arena);
      writeSet(call, ld, readSet(call, ld).union(arena.history.zoneBit(address)));
    }),
    d('mps_ld_merge', 'v(ppp)', (call, into, a, from) => {
      const arena = client.arena(call, a);
      const oldest = Math.min(epochOf(call, into, arena), epochOf(call, from, arena));
      const union = readSet(call, into).union(readSet(call, from));
      call.memory.setWord(into + layout.epoch, oldest);
      writeSet(call, into, union);
    }),
    d('mps_ld_isstale', 'i(ppp)', (call, ld, a, _address) => isStale(call, ld, a)),
    d('mps_ld_isstale_any', 'i(pp)', (call, ld, a) => isStale(call, ld, a)),
  ];
}
