/** Questions about addresses, and walks over objects (mps.h, mpscamc.h). */
import type { HostFunction } from '../../platforms/port.js';
import type { Pool } from '../heap/pool.js';
import type { Client } from './client.js';

export function introspectionFunctions(client: Client): HostFunction[] {
  const { port } = client;
  const d = client.define;

  return [
    d('mps_arena_has_addr', 'i(pp)', (call, a, address) => (client.arena(call, a).hasAddr(address) ? 1 : 0)),
    d('mps_addr_pool', 'i(ppp)', (call, out, a, address) =>
      client.storing(call, out, 'mps_pool_o', () => {
        const arena = client.arena(call, a);
        const pool = arena.addrPool(address);
        // It may be one of the MPS's own, which has never been seen by a guest.
        return pool ? { returns: 1, store: client.handles.add('Pool', pool.address, pool, arena) } : { returns: 0 };
      }),
    ),
    d('mps_addr_fmt', 'i(ppp)', (call, out, a, address) =>
      client.storing(call, out, 'mps_fmt_o', () => {
        const format = client.arena(call, a).addrFmt(address);
        return format ? { returns: 1, store: format.address } : { returns: 0 };
      }),
    ),
    d('mps_addr_object', 'i(ppp)', (call, out, a, address) =>
      client.storing(call, out, 'p_o', () => client.allocated(client.arena(call, a).addrObject(address))),
    ),

    d('mps_arena_formatted_objects_walk', 'v(ppww)', (call, a, stepper, closure, size) => {
      const arena = client.arena(call, a);
      client.averCool(stepper !== 0, call.fn.name, 'FUNCHECK(f)');
      arena.formattedObjectsWalk(
        (object, format, pool) => void port.callGuest(stepper, 'v(pppww)', [object, format.address, pool.address, closure, size]),
      );
    }),
    d('mps_amc_apply', 'v(ppww)', (call, p, stepper, closure, size) => {
      const pool = client.object<Pool>('Pool', call, p, 'pool');
      client.aver(['amc', 'amcz'].includes(client.guestClassOf.get(pool)?.name ?? ''), call.fn.name, 'ClassCheck AMC: pool');
      client.averCool(stepper !== 0, call.fn.name, 'FUNCHECK(f)');
      pool.walk((object) => void port.callGuest(stepper, 'v(pww)', [object, closure, size]));
    }),

    d('mps_pool_walk', 'i(ppp)', (call) => client.unsupported(call, 'walking a pool with an area scanner is')),
    d('mps_arena_roots_walk', 'v(pppz)', (call) => client.unsupported(call, 'walking the roots is')),
    d('mps_transform_create', 'i(pp)', (call) => client.unsupported(call, 'transforms are')),
    d('mps_transform_add_oldnew', 'i(pppz)', (call) => client.unsupported(call, 'transforms are')),
    d('mps_transform_apply', 'i(pp)', (call) => client.unsupported(call, 'transforms are')),
    d('mps_transform_destroy', 'v(p)', (call) => client.unsupported(call, 'transforms are')),
  ];
}
