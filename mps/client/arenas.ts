/** Arenas: creation, sizes, limits, states and collection control (mps.h, mpsavm.h, mpsacl.h). */
import type { HostCall, HostFunction, VarArgs } from '../../platforms/port.js';
import { Arena, type ArenaOptions } from '../arena/arena.js';
import { ValueArgs, type Args } from './args.js';
import type { Client, Outcome } from './client.js';

/** An arena class as the guest names it. */
export interface ArenaClass {
  name: 'vm' | 'cl';
}

/** Of making an arena, or of giving one back: reservations, tables, the control pool. */
const ARENA_UNITS = 20_000;

export function arenaFunctions(client: Client): HostFunction[] {
  const classes = new Map<string, number>();
  const classToken = (name: ArenaClass['name']): number => {
    let token = classes.get(name);
    if (token === undefined) {
      token = client.handles.add('ArenaClass', client.statics.allocate(16), { name });
      classes.set(name, token);
    }
    return token;
  };

  /** mps_arena_create_k and, with a converted list, the varargs forms. */
  const create = (call: HostCall, out: number, classHandle: number, list: () => Args): number =>
    client.storing(call, out, 'mps_arena_o', () => {
      const arenaClass = client.object<ArenaClass>('ArenaClass', call, classHandle, 'mps_arena_class');
      if (arenaClass.name === 'cl') client.unsupported(call, 'the client arena class (mps_arena_class_cl) is');
      client.port.work(ARENA_UNITS);
      return createVm(client, list());
    });
  const positional = (call: HostCall, classHandle: number, values: VarArgs): Args => {
    client.object('ArenaClass', call, classHandle, 'mps_arena_class');
    return new ValueArgs({ ARENA_SIZE: values.word() });
  };

  const d = client.define;
  const size = (name: string, value: (arena: Arena) => number): HostFunction => d(name, 'z(p)', (call, a) => value(client.arena(call, a)));

  return [
    d('mps_arena_class_vm', 'p()', () => classToken('vm')),
    d('mps_arena_class_cl', 'p()', () => classToken('cl')),
    d('mps_arena_create_k', 'i(ppp)', (call, out, cls, args) => create(call, out, cls, () => client.args(call, args))),
    d('mps_arena_create', 'i(pp.)', (call, out, cls) => create(call, out, cls, () => positional(call, cls, call.varargs()))),
    d('mps_arena_create_v', 'i(ppV)', (call, out, cls, values) => create(call, out, cls, () => positional(call, cls, values))),
    d('mps_arena_destroy', 'v(p)', (call, a) => {
      const arena = client.arena(call, a);
      client.port.work(ARENA_UNITS);
      arena.destroy();
      client.handles.dropOwned(arena);
    }),
    d('mps_arena_vm_growth', 'i(pzz)', (call, a, desired, minimum) => client.arena(call, a).vmGrowth(desired, minimum)),
    d('mps_arena_extend', 'i(ppz)', (call, a, base, bytes) => {
      const name = call.fn.name;
      client.arena(call, a);
      client.aver(bytes > 0, name, 'size > 0');
      client.aver(base !== 0, name, 'base != (Addr)0');
      client.aver(false, name, 'unreachable code');
      return 5; // MPS_RES_UNIMPL: only client arenas are extended
    }),
    size('mps_arena_reserved', (arena) => arena.reserved()),
    size('mps_arena_committed', (arena) => arena.committed()),
    size('mps_arena_spare_committed', (arena) => arena.spareCommitted()),
    size('mps_arena_commit_limit', (arena) => arena.commitLimit()),
    size('mps_arena_spare_commit_limit', (arena) => arena.spareCommitLimit()),
    d('mps_arena_commit_limit_set', 'i(pz)', (call, a, limit) => client.arena(call, a).commitLimitSet(limit)),
    d('mps_arena_spare_commit_limit_set', 'v(pz)', (call, a, bytes) => client.arena(call, a).spareCommitLimitSet(bytes)),
    d('mps_arena_spare', 'd(p)', (call, a) => client.arena(call, a).spare()),
    d('mps_arena_spare_set', 'v(pd)', (call, a, fraction) => client.arena(call, a).spareSet(fraction)),
    d('mps_arena_pause_time', 'd(p)', (call, a) => client.arena(call, a).pauseTime()),
    d('mps_arena_pause_time_set', 'v(pd)', (call, a, seconds) => client.arena(call, a).pauseTimeSet(seconds)),

    d('mps_arena_clamp', 'v(p)', (call, a) => client.arena(call, a).clamp()),
    d('mps_arena_park', 'v(p)', (call, a) => client.arena(call, a).park()),
    d('mps_arena_postmortem', 'v(p)', (call, a) => client.arena(call, a).postmortem()),
    d('mps_arena_release', 'v(p)', (call, a) => {
      const arena = client.arena(call, a);
      client.mayCollect(call, () => arena.release());
    }),
    d('mps_arena_start_collect', 'i(p)', (call, a) => {
      const arena = client.arena(call, a);
      return client.mayCollect(call, () => arena.startCollect());
    }),
    d('mps_arena_collect', 'i(p)', (call, a) => {
      const arena = client.arena(call, a);
      return client.mayCollect(call, () => arena.collect());
    }),
    d('mps_arena_step', 'i(pdd)', (call, a, interval, multiplier) => {
      const arena = client.arena(call, a);
      return client.mayCollect(call, () => (arena.step(interval, multiplier) ? 1 : 0));
    }),
    // Read without any check: of something that is no arena it gives whatever lies there.
    d('mps_collections', 'z(p)', (call, a) => client.handles.find<Arena>('Arena', a)?.collections() ?? call.memory.word(a)),
    d('mps_arena_busy', 'i(p)', (call, a) => (client.arena(call, a).busy() ? 1 : 0)),
  ];
}

function createVm(client: Client, args: Args): Outcome {
  const { port } = client;
  const options: ArenaOptions = { plinth: client.plinth, ring: client.ring, testHooks: client.options.testHooks };
  const take = <K extends keyof ArenaOptions>(
    key: Parameters<Args['take']>[0],
    option: K,
    convert?: (value: number) => ArenaOptions[K],
  ): void => {
    const value = args.take(key);
    if (value !== undefined) options[option] = convert ? convert(value) : (value as ArenaOptions[K]);
  };
  const bool = (value: number): boolean => {
    client.averCool(value === 0 || value === 1, 'mps_arena_create_k', 'BoolCheck(arg->val.b)');
    return value !== 0;
  };
  take('ARENA_GRAIN_SIZE', 'grainSize');
  take('ARENA_SIZE', 'size');
  if (port.platform.topDown) take('VMW3_TOP_DOWN', 'topDown', bool);
  take('ARENA_ZONED', 'zoned', bool);
  take('COMMIT_LIMIT', 'commitLimit');
  take('SPARE_COMMIT_LIMIT', 'spareCommitLimit');
  take('SPARE', 'spare');
  take('PAUSE_TIME', 'pauseTime');
  // The guest's callbacks get the arena, which it can't know before creation is done: those of the first chunk wait until then.
  let made: Arena | undefined = undefined;
  const early: ((arena: Arena) => void)[] = [];
  const callback = (key: 'arena_extended' | 'arena_contracted', option: 'extended' | 'contracted'): void => {
    const address = args.take(key);
    if (address === undefined) return;
    options[option] = (base: number, size: number): void => {
      const run = (arena: Arena): void => void port.callGuest(address, 'v(ppz)', [arena.address, base, size]);
      if (made) run(made);
      else early.push(run);
    };
  };
  callback('arena_extended', 'extended');
  callback('arena_contracted', 'contracted');
  const arena = Arena.create(port, options);
  if (typeof arena === 'number') return { returns: arena };
  made = arena;
  client.arenas.push(arena);
  for (const run of early) run(arena);
  return client.created('Arena', arena, arena);
}
