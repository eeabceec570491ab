/**
 * Pool classes as guests name them, and the arguments that each takes. Source: the
 * pool class chapters of the MPS manual and the kit's class headers (mpsc*.h).
 */
import type { HostCall, HostFunction, VarArgs } from '../../platforms/port.js';
import type { PoolArgs, PoolClass } from '../heap/pool.js';
import { amcClass, amczClass } from '../pool/amc.js';
import { mfsClass } from '../pool/mfs.js';
import { mvffClass } from '../pool/mvff.js';
import { ValueArgs, type Args } from './args.js';
import type { Client } from './client.js';
import type { KeyName } from './keys.js';

export interface GuestPoolClass {
  /** As its function is called: mps_class_NAME. */
  name: string;
  /** Undefined: the interface has it, this MPS doesn't yet. */
  core?: PoolClass;
  /** Keys in the order in which positional arguments come. */
  positional: KeyName[];
  /** Keys that the class takes. */
  keys: KeyName[];
  /** Without it creation fails an assertion. */
  required?: KeyName;
  /** Keys of its allocation points. */
  apKeys: KeyName[];
}

const amcKeys: Pick<GuestPoolClass, 'positional' | 'keys' | 'required' | 'apKeys'> = {
  positional: ['FORMAT', 'CHAIN'],
  keys: ['FORMAT', 'CHAIN', 'INTERIOR', 'EXTEND_BY', 'LARGE_SIZE'],
  required: 'FORMAT',
  apKeys: ['ap_hash_arrays'],
};

const none: Pick<GuestPoolClass, 'positional' | 'keys' | 'apKeys'> = { positional: [], keys: [], apKeys: [] };

const guestPoolClasses: readonly GuestPoolClass[] = [
  { name: 'amc', core: amcClass, ...amcKeys },
  { name: 'amcz', core: amczClass, ...amcKeys },
  {
    name: 'mfs',
    core: mfsClass,
    positional: ['EXTEND_BY', 'MFS_UNIT_SIZE'],
    keys: ['FORMAT', 'EXTEND_BY', 'MFS_UNIT_SIZE'],
    required: 'MFS_UNIT_SIZE',
    apKeys: [],
  },
  {
    name: 'mvff',
    core: mvffClass,
    positional: ['EXTEND_BY', 'MEAN_SIZE', 'ALIGN', 'MVFF_SLOT_HIGH', 'MVFF_ARENA_HIGH', 'MVFF_FIRST_FIT'],
    keys: ['FORMAT', 'EXTEND_BY', 'MEAN_SIZE', 'ALIGN', 'SPARE', 'MVFF_SLOT_HIGH', 'MVFF_ARENA_HIGH', 'MVFF_FIRST_FIT'],
    apKeys: [],
  },
  { name: 'ams', ...none },
  { name: 'ams_debug', ...none },
  { name: 'awl', ...none },
  { name: 'lo', ...none },
  { name: 'mvff_debug', ...none },
  { name: 'mvt', ...none },
  { name: 'snc', ...none },
];

/** Which member of PoolArgs a key sets. */
const members: Partial<Record<KeyName, keyof PoolArgs>> = {
  FORMAT: 'format',
  CHAIN: 'chain',
  INTERIOR: 'interior',
  EXTEND_BY: 'extendBy',
  LARGE_SIZE: 'largeSize',
  MFS_UNIT_SIZE: 'unitSize',
  MEAN_SIZE: 'meanSize',
  ALIGN: 'align',
  SPARE: 'spare',
  MVFF_ARENA_HIGH: 'arenaHigh',
  MVFF_SLOT_HIGH: 'slotHigh',
  MVFF_FIRST_FIT: 'firstFit',
};

export class PoolClasses {
  private readonly tokens = new Map<string, number>();

  constructor(private readonly client: Client) {}

  functions(): HostFunction[] {
    return guestPoolClasses.map((cls) => this.client.define(`mps_class_${cls.name}`, 'p()', () => this.token(cls)));
  }

  private token(cls: GuestPoolClass): number {
    let token = this.tokens.get(cls.name);
    if (token === undefined) {
      token = this.client.handles.add('PoolClass', this.client.statics.allocate(16), cls);
      this.tokens.set(cls.name, token);
    }
    return token;
  }

  /** A class that pools can be made of; the guest is stopped at one that doesn't exist yet. */
  usable(call: HostCall, handle: number): GuestPoolClass & { core: PoolClass } {
    const cls = this.client.object<GuestPoolClass>('PoolClass', call, handle, 'mps_class');
    if (!cls.core) this.client.unsupported(call, `the pool class ${cls.name.toUpperCase()} (mps_class_${cls.name}) is`);
    return cls as GuestPoolClass & { core: PoolClass };
  }

  /** Positional arguments as a list. */
  fromVarArgs(cls: GuestPoolClass, values: VarArgs): Args {
    const list: Partial<Record<KeyName, number>> = {};
    for (const key of cls.positional) list[key] = key.startsWith('MVFF_') ? values.int() : values.word();
    return new ValueArgs(list);
  }

  poolArgs(call: HostCall, cls: GuestPoolClass, args: Args): PoolArgs {
    const result: Record<string, unknown> = {};
    for (const key of cls.keys) {
      const value = args.take(key);
      if (value === undefined) {
        if (key === cls.required) this.missing(call, key);
        continue;
      }
      const member = members[key];
      if (member) result[member] = this.convert(call, key, value);
    }
    return result;
  }

  /** The result is what the handler's return leads to: an unset value is used. */
  private missing(call: HostCall, key: KeyName): never {
    this.client.plinth.assertFail(call.fn.name, key === 'FORMAT' ? 'pool->format != NULL' : `MPS_KEY_${key}`);
    return this.client.wildRead(call, 0);
  }

  private convert(call: HostCall, key: KeyName, value: number): unknown {
    const { client } = this;
    switch (key) {
      case 'FORMAT':
        return client.object('Format', call, value, 'arg.val.format');
      case 'CHAIN':
        return client.object('Chain', call, value, 'arg.val.chain');
      case 'INTERIOR':
      case 'MVFF_ARENA_HIGH':
      case 'MVFF_SLOT_HIGH':
      case 'MVFF_FIRST_FIT':
        client.averCool(value === 0 || value === 1, call.fn.name, 'BoolCheck(arg->val.b)');
        return value !== 0;
      default:
        return value;
    }
  }
}
