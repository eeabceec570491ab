/**
 * Allocation points: the slow paths of the inline protocol, frames and allocation
 * patterns. The mps_ap_s itself is guest memory that both sides read and write.
 * Source: mps.h, and the allocation chapter of the MPS manual.
 */
import type { HostCall, HostFunction, VarArgs } from '../../platforms/port.js';
import type { Buffer } from '../heap/buffer.js';
import type { Pool } from '../heap/pool.js';
import { rankOf } from '../plinth/res.js';
import { ValueArgs, type Args } from './args.js';
import type { Client } from './client.js';

export function allocationPointFunctions(client: Client): HostFunction[] {
  const d = client.define;
  const ap = client.layouts.ap;

  /** The buffer behind an allocation point. */
  const buffer = (call: HostCall, handle: number): Buffer => {
    client.aver(handle !== 0, call.fn.name, 'mps_ap != NULL');
    return client.object<Buffer>('Buffer', call, handle, 'buf');
  };
  const fill = (from: Buffer, size: number): number => from.fill(size);
  const create = (call: HostCall, out: number, p: number, list: (pool: Pool) => Args): number =>
    client.storing(call, out, 'mps_ap_o', () => {
      const pool = client.object<Pool>('Pool', call, p, 'pool');
      const args = list(pool);
      const keys = client.guestClassOf.get(pool)?.apKeys ?? [];
      const rank = keys.includes('RANK') ? args.take('RANK') : undefined;
      if (rank !== undefined) client.averCool(rank <= 3, call.fn.name, 'RankCheck(arg->val.rank)');
      const hash = keys.includes('ap_hash_arrays') ? args.take('ap_hash_arrays') : undefined;
      if (hash !== undefined) client.averCool(hash <= 1 && hash >= 0, call.fn.name, 'BoolCheck(arg->val.b)');
      const made = pool.bufferCreate({
        ...(rank !== undefined && { rank: rankOf(rank) }),
        ...(hash !== undefined && { hashArrays: hash !== 0 }),
      });
      if (typeof made === 'number') return { returns: made };
      return { returns: 0, store: client.handles.add('Buffer', made.ap, made, pool) };
    });
  const positional = (pool: Pool, values: VarArgs): Args =>
    client.guestClassOf.get(pool)?.apKeys.includes('RANK') ? new ValueArgs({ RANK: values.unsigned() }) : new ValueArgs({});

  const patterns = new Map<string, number>();
  const pattern = (name: string): number => {
    let token = patterns.get(name);
    if (token === undefined) {
      token = client.handles.add('AllocPattern', client.statics.allocate(16), { name });
      patterns.set(name, token);
    }
    return token;
  };

  return [
    d('mps_ap_create_k', 'i(ppp)', (call, out, p, args) => create(call, out, p, () => client.args(call, args))),
    d('mps_ap_create', 'i(pp.)', (call, out, p) => create(call, out, p, (pool) => positional(pool, call.varargs()))),
    d('mps_ap_create_v', 'i(ppV)', (call, out, p, values) => create(call, out, p, (pool) => positional(pool, values))),
    d('mps_ap_destroy', 'v(p)', (call, handle) => {
      buffer(call, handle).destroy();
      client.handles.drop(handle);
    }),
    d('mps_ap_fill', 'i(ppz)', (call, out, handle, size) => client.allocating(call, out, handle, size, buffer, fill)),
    d('mps_ap_trip', 'i(ppz)', (call, handle, p, size) => (buffer(call, handle).trip(p, size) ? 1 : 0)),

    // The inline protocols out of line, with checks.
    d('mps_reserve', 'i(ppz)', (call, out, handle, size) =>
      client.storing(call, out, 'p_o', () => {
        const from = buffer(call, handle);
        const { memory } = client.port;
        client.aver(memory.word(handle + ap.init) === memory.word(handle + ap.alloc), call.fn.name, 'mps_ap->init == mps_ap->alloc');
        client.aver(size > 0, call.fn.name, 'size > 0');
        return client.mayCollect(call, () => client.allocated(from.reserve(size)));
      }),
    ),
    d('mps_commit', 'i(ppz)', (call, handle, p, size) => {
      const to = buffer(call, handle);
      const { memory } = client.port;
      const init = memory.word(handle + ap.init);
      client.aver(p !== 0, call.fn.name, 'p != NULL');
      client.aver(size > 0, call.fn.name, 'size > 0');
      client.aver(p === init, call.fn.name, 'p == mps_ap->init');
      client.aver(init + size === memory.word(handle + ap.alloc), call.fn.name, 'PointerAdd(mps_ap->init, size) == mps_ap->alloc');
      return to.commit(p, size) ? 1 : 0;
    }),

    d('mps_ap_frame_push', 'i(pp)', (call, out, handle) =>
      client.storing(call, out, 'frame_o', () => client.allocated(buffer(call, handle).framePush())),
    ),
    d('mps_ap_frame_pop', 'i(pp)', (call, handle, frame) => buffer(call, handle).framePop(frame)),

    d('mps_alloc_pattern_ramp', 'p()', () => pattern('ramp')),
    d('mps_alloc_pattern_ramp_collect_all', 'p()', () => pattern('ramp_collect_all')),
    d('mps_ap_alloc_pattern_begin', 'i(pp)', (call, handle, token) => {
      const on = buffer(call, handle);
      client.averCool(client.handles.find('AllocPattern', token) !== undefined, call.fn.name, 'TESTT(AllocPattern, alloc_pattern)');
      return on.allocPatternBegin();
    }),
    d('mps_ap_alloc_pattern_end', 'i(pp)', (call, handle, _token) => {
      const on = buffer(call, handle);
      return client.mayCollect(call, () => on.allocPatternEnd());
    }),
    d('mps_ap_alloc_pattern_reset', 'i(p)', (call, handle) => {
      const on = buffer(call, handle);
      return client.mayCollect(call, () => on.allocPatternReset());
    }),
  ];
}
