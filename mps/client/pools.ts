/** Pools, generation chains and manual allocation (mps.h). */
import type { HostCall, HostFunction } from '../../platforms/port.js';
import type { Arena } from '../arena/arena.js';
import type { Chain } from '../heap/chain.js';
import type { Pool } from '../heap/pool.js';
import type { Args } from './args.js';
import type { Client } from './client.js';
import { PoolClasses, type GuestPoolClass } from './pool-classes.js';

export function poolFunctions(client: Client): HostFunction[] {
  const classes = new PoolClasses(client);
  const d = client.define;
  const pool = (call: HostCall, handle: number): Pool => client.object<Pool>('Pool', call, handle, 'pool');

  const alloc = (from: Pool, size: number): number => from.alloc(size);

  const create = (call: HostCall, out: number, a: number, classHandle: number, list: (cls: GuestPoolClass) => Args): number =>
    client.storing(call, out, 'mps_pool_o', () => {
      const arena = client.arena(call, a);
      const cls = classes.usable(call, classHandle);
      const made = arena.poolCreate(cls.core, classes.poolArgs(call, cls, list(cls)));
      if (typeof made !== 'number') client.guestClassOf.set(made, cls);
      return client.created('Pool', made, arena);
    });

  return [
    ...classes.functions(),
    d('mps_pool_create_k', 'i(pppp)', (call, out, a, cls, args) => create(call, out, a, cls, () => client.args(call, args))),
    d('mps_pool_create', 'i(ppp.)', (call, out, a, cls) => create(call, out, a, cls, (c) => classes.fromVarArgs(c, call.varargs()))),
    d('mps_pool_create_v', 'i(pppV)', (call, out, a, cls, values) => create(call, out, a, cls, (c) => classes.fromVarArgs(c, values))),
    d('mps_pool_destroy', 'v(p)', (call, p) => {
      const dead = pool(call, p);
      dead.destroy();
      client.handles.drop(p);
      client.handles.dropOwned(dead);
    }),
    d('mps_pool_total_size', 'z(p)', (call, p) => pool(call, p).totalSize()),
    d('mps_pool_free_size', 'z(p)', (call, p) => pool(call, p).freeSize()),
    // Only debugging pools have anything to check.
    d('mps_pool_check_fenceposts', 'v(p)', (call, p) => void pool(call, p)),
    d('mps_pool_check_free_space', 'v(p)', (call, p) => void pool(call, p)),

    d('mps_alloc', 'i(ppz)', (call, out, p, size) => client.allocating(call, out, p, size, pool, alloc)),
    d('mps_free', 'v(ppz)', (call, p, address, size) => pool(call, p).free(address, size)),

    d('mps_chain_create', 'i(ppzp)', (call, out, a, count, params) =>
      client.storing(call, out, 'chain_o', () => {
        const arena: Arena = client.arena(call, a);
        if (!client.aver(params !== 0, call.fn.name, 'params != NULL')) client.wildRead(call, params);
        const { genParam } = client.layouts;
        const generations = [];
        for (let i = 0; i < count; i++) {
          const at = params + i * genParam.size;
          generations.push({ capacity: call.memory.word(at + genParam.capacity), mortality: call.memory.f64(at + genParam.mortality) });
        }
        return client.created('Chain', arena.chainCreate(generations), arena);
      }),
    ),
    d('mps_chain_destroy', 'v(p)', (call, c) => {
      client.object<Chain>('Chain', call, c, 'chain').destroy();
      client.handles.drop(c);
    }),
  ];
}
