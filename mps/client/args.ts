/**
 * Keyword argument lists. The callee takes the arguments that it knows and closes
 * the gap each leaves, so that the caller finds what nobody wanted. Lists come from
 * the guest's array of mps_arg_s, or are made of positional arguments (varargs.ts).
 * Source: the keyword argument chapter of the MPS manual.
 */
import type { MemoryView } from '../../platforms/port.js';
import { keyFields, type KeyName, type KeyTable } from './keys.js';
import type { Layouts } from './layouts.js';

export interface Args {
  /** Value of the first argument with that key, which leaves the list. Booleans are 0 or as given. */
  take(key: KeyName): number | undefined;
}

/** Elements allowed in an array made by MPS_ARGS_BEGIN, the terminator included. */
export const ARGS_MAX = 32;

/** An array without terminator would otherwise be followed through all of memory. */
const LONGEST = 4096;

export class GuestArgs implements Args {
  private readonly names: (KeyName | undefined)[] = [];

  /** Reads the whole list (throws GuestFault where it can't be read, before anything is changed). */
  constructor(
    private readonly memory: MemoryView,
    private readonly layouts: Layouts,
    keys: KeyTable,
    private readonly base: number,
  ) {
    for (let i = 0; i < LONGEST; i++) {
      const name = keys.nameAt(memory, memory.word(base + i * layouts.arg.size + layouts.arg.key));
      this.names.push(name);
      if (name === 'ARGS_END') {
        // Closing gaps must not fault halfway. (An empty list may be constant.)
        if (i > 0) memory.write(base, memory.bytes(base, (i + 1) * layouts.arg.size));
        return;
      }
    }
    throw new RangeError(`the argument list at 0x${base.toString(16)} has no MPS_KEY_ARGS_END in ${LONGEST} elements`);
  }

  take(key: KeyName): number | undefined {
    const index = this.names.indexOf(key);
    if (index < 0) return undefined;
    const { memory, layouts } = this;
    const value = this.read(this.base + index * layouts.arg.size + layouts.arg.val, key);
    const from = this.base + (index + 1) * layouts.arg.size;
    const rest = memory.bytes(from, (this.names.length - index - 1) * layouts.arg.size);
    memory.write(from - layouts.arg.size, rest);
    this.names.splice(index, 1);
    return value;
  }

  private read(address: number, key: KeyName): number {
    switch (keyFields[key]) {
      case 'b':
        return this.memory.i32(address);
      case 'u':
        return this.memory.u32(address);
      case 'd':
        return this.memory.f64(address);
      case 'size':
      case 'word':
      case 'pointer':
        return this.memory.word(address);
      case 'none':
        return 0;
    }
  }
}

/** A list of values that never was in guest memory. */
export class ValueArgs implements Args {
  private readonly values: Map<KeyName, number>;

  constructor(values: Partial<Record<KeyName, number>>) {
    this.values = new Map(Object.entries(values) as [KeyName, number][]);
  }

  take(key: KeyName): number | undefined {
    const value = this.values.get(key);
    this.values.delete(key);
    return value;
  }
}
