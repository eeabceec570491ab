/**
 * What all functions of the C interface share: the guest's handles and keys, the
 * plinth, out-parameters, and how a call that may collect enters the MPS.
 */
import {
  Access,
  GuestFault,
  hostFunction,
  type HostBody,
  type HostCall,
  type HostFunction,
  type Port,
  type Signature,
} from '../../platforms/port.js';
import type { Arena } from '../arena/arena.js';
import { ArenaRing } from '../arena/arena-ring.js';
import { Plinth } from '../plinth/plinth.js';
import type { Pool } from '../heap/pool.js';
import { Assertions, type AssertionHooks } from './assertions.js';
import { GuestArgs, type Args } from './args.js';
import { HandleTable, type HandleKind } from './handles.js';
import { KeyTable } from './keys.js';
import { layoutsFor, type Layouts } from './layouts.js';
import type { GuestPoolClass } from './pool-classes.js';
import { ScanStates } from './scan-states.js';
import { StaticMemory } from './static-memory.js';

export interface ClientOptions extends AssertionHooks {
  variety: 'cool' | 'hot';
  scan: string[];
  testHooks: { noBarriers?: boolean; noRegisterScan?: boolean; noStackScan?: boolean };
  /** The guest's environment, for the plinth. */
  environment?: ((name: string) => string | undefined) | undefined;
}

/** Result of the work of a function with an out-parameter: what it returns, and what it stores if anything. */
export interface Outcome {
  returns: number;
  store?: number | undefined;
}

export class Client {
  readonly layouts: Layouts;
  readonly handles: HandleTable;
  readonly keys = new KeyTable();
  readonly statics: StaticMemory;
  readonly assertions: Assertions;
  readonly plinth: Plinth;
  readonly scans: ScanStates;
  readonly ring: ArenaRing;
  /** Where libmps has what walks over a nailed segment (fixtures/guest/mps/walk.c). */
  nextPinned: number | undefined;
  /** The class a pool was made of, as the guest sees it. */
  readonly guestClassOf = new WeakMap<Pool, GuestPoolClass>();
  /** All that were created, the destroyed ones included (for the report). */
  readonly arenas: Arena[] = [];

  constructor(
    readonly port: Port,
    readonly options: ClientOptions,
  ) {
    this.layouts = layoutsFor(port.platform);
    this.handles = new HandleTable((bytes) => port.keep(bytes));
    this.statics = new StaticMemory(port);
    this.assertions = new Assertions(port, this.statics, options.variety, options);
    this.plinth = new Plinth({ variety: options.variety, assertFail: (where, condition) => this.assertions.fail(where, 0, condition) });
    this.ring = new ArenaRing(port);
    this.scans = new ScanStates(port, this.layouts);
  }

  /** A function of the interface. */
  readonly define = <const S extends string>(name: string, signature: Signature<S>, run: HostBody<S>): HostFunction =>
    hostFunction<S>(name, signature, run);

  /** A check of both varieties. */
  aver(ok: boolean, where: string, condition: string): boolean {
    if (!ok) this.plinth.assertFail(where, condition);
    return ok;
  }

  /** A check of the cool variety alone. */
  averCool(ok: boolean, where: string, condition: string): boolean {
    if (!ok && this.options.variety === 'cool') this.plinth.assertFail(where, condition);
    return ok;
  }

  /**
   * The object of a handle. For a bad one the assertion fails (looking for the signature may fault already); should its
   * handler return, the next thing is a wild read.
   */
  object<T extends object>(kind: HandleKind, call: HostCall, handle: number, parameter: string): T {
    const object = this.handles.find<T>(kind, handle);
    if (object) return object;
    if (handle !== 0) call.memory.word(handle);
    this.plinth.assertFail(call.fn.name, `TESTT(${kind}, ${parameter})`);
    return this.wildRead(call, handle);
  }

  arena(call: HostCall, handle: number): Arena {
    return this.object<Arena>('Arena', call, handle, 'arena');
  }

  wildRead(call: HostCall, address: number): never {
    call.memory.word(address);
    throw new GuestFault(0, Access.Read);
  }

  args(call: HostCall, list: number): Args {
    this.averCool(list !== 0, call.fn.name, 'args != NULL');
    return new GuestArgs(call.memory, this.layouts, this.keys, list, (units) => this.port.work(units));
  }

  /** The interface has it, this MPS doesn't: never go on as if it had. */
  unsupported(call: HostCall, what: string): never {
    return call.process.end({ kind: 'unsupported', text: `${call.fn.name}: ${what} not implemented in this MPS` });
  }

  /** Inside, the caller's registers are saved where the collector finds them. */
  mayCollect<T>(call: HostCall, body: () => T): T {
    const depth = this.port.stackBegin(call);
    try {
      return body();
    } finally {
      this.port.stackEnd(depth);
    }
  }

  /**
   * A function that stores a word (`bytes` 4: an int) through `out`: the place is tried before the work, so that a
   * bad one faults before anything happened, and written after it, when the arena's lock is free. Should that
   * fault too (a barrier went up meanwhile), the call is run again and only stores.
   */
  storing(call: HostCall, out: number, parameter: string, work: () => Outcome, bytes: number = this.layouts.word): number {
    const done = call.attempted<Outcome>();
    if (done) return this.store(call, out, done, bytes);
    this.tryPlace(call, out, parameter, bytes);
    return this.store(call, out, work(), bytes);
  }

  /**
   * The same for the allocators, which are called most: they may collect, and make no garbage on their way.
   * `find` gives what `handle` stands for; `allocate` an address, or minus the failure.
   */
  allocating<T>(
    call: HostCall,
    out: number,
    handle: number,
    size: number,
    find: (call: HostCall, handle: number) => T,
    allocate: (from: T, size: number) => number,
  ): number {
    const done = call.attempted<Outcome>();
    if (done) return this.store(call, out, done, this.layouts.word);
    this.tryPlace(call, out, 'p_o', this.layouts.word);
    const from = find(call, handle);
    const depth = this.port.stackBegin(call);
    let result: number;
    try {
      result = allocate(from, size);
    } finally {
      this.port.stackEnd(depth);
    }
    if (result < 0) return -result;
    try {
      call.memory.setWord(out, result);
    } catch (fault) {
      call.attempt(() => this.allocated(result));
      throw fault;
    }
    return 0;
  }

  private tryPlace(call: HostCall, out: number, parameter: string, bytes: number): void {
    if (out === 0) this.plinth.assertFail(call.fn.name, `${parameter} != NULL`);
    else {
      call.memory.physical(out, Access.Write);
      call.memory.physical(out + bytes - 1, Access.Write);
    }
  }

  /** Should the place fault now, the call is to find `outcome` when it is run again. */
  private store(call: HostCall, out: number, outcome: Outcome, bytes: number): number {
    const { returns, store } = outcome;
    if (store === undefined) return returns;
    try {
      if (bytes === 4) call.memory.setU32(out, store);
      else call.memory.setWord(out, store);
    } catch (fault) {
      call.attempt(() => outcome);
      throw fault;
    }
    return returns;
  }

  /** What the core's creators return, as an outcome: the handle of the object, or the failure. */
  created<T extends { address: number }>(kind: HandleKind, made: T | number, owner?: object): Outcome {
    if (typeof made === 'number') return { returns: made };
    return { returns: 0, store: this.handles.add(kind, made.address, made, owner) };
  }

  /** What the core's allocators return (an address, or minus the failure), as an outcome. */
  allocated(result: number): Outcome {
    return result < 0 ? { returns: -result } : { returns: 0, store: result };
  }
}
