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

/** Of work for an argument beyond those; one whose key is new, and none, costs more here than in the original. */
const UNITS_PER_ARGUMENT = 100;

export class GuestArgs implements Args {
  /** Where arguments with keys of ours are in the list, by order. */
  private readonly known: { name: KeyName; index: number }[] = [];
  /** Elements, the terminator included. */
  private length = 0;

  /**
   * Reads the whole list (throws GuestFault where it can't be read, before anything is changed). One without terminator
   * is followed through memory until there is one or no memory, as the original does. `work` is told of each element.
   */
  constructor(
    private readonly memory: MemoryView,
    private readonly layouts: Layouts,
    keys: KeyTable,
    private readonly base: number,
    work: (units: number) => void = () => undefined,
  ) {
    let unknown: number | undefined;
    for (;;) {
      const key = memory.word(base + this.length * layouts.arg.size + layouts.arg.key);
      const name = key === unknown ? undefined : keys.nameAt(memory, key);
      const index = this.length++;
      if (name === 'ARGS_END') break;
      if (name === undefined) unknown = key;
      else this.known.push({ name, index });
      if (index >= ARGS_MAX) work(UNITS_PER_ARGUMENT);
    }
    // Closing gaps must not fault halfway. (An empty list may be constant.)
    if (this.length > 1) memory.write(base, memory.bytes(base, this.length * layouts.arg.size));
  }

  take(key: KeyName): number | undefined {
    const at = this.known.findIndex(({ name }) => name === key);
    if (at < 0) return undefined;
    const { memory, layouts } = this;
    const { index } = this.known[at];
    const value = this.read(this.base + index * layouts.arg.size + layouts.arg.val, key);
    const from = this.base + (index + 1) * layouts.arg.size;
    const rest = memory.bytes(from, (this.length - index - 1) * layouts.arg.size);
    memory.write(from - layouts.arg.size, rest);
    this.known.splice(at, 1);
    for (let i = at; i < this.known.length; i++) this.known[i].index--;
    this.length--;
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
