/** A guest program for tests: the MPS's functions by name, key objects, argument lists, the inline protocols, and a format. */
import type { HostFunction, Value } from '../../../platforms/port.js';
import { keyFields, type KeyName } from '../../../mps/client/keys.js';
import { layoutsFor, type Layouts } from '../../../mps/client/layouts.js';
import { mpsLibrary, type ClientOptions, type MpsLibrary } from '../../../mps/client/library.js';
import { platform as platformOf } from '../../../platforms/codes.js';
import { FakeHost } from './fake-port.js';
import { there } from '../../there.js';

/** First words of objects of the test's format; the second word is the size in bytes, the others references. */
export const LIVE = 0x11;
export const PAD = 0x22;
export const FORWARD = 0x33;
/** A pad of one word. */
export const PAD1 = 0x44;

export class FakeGuest {
  readonly host: FakeHost;
  readonly layouts: Layouts;
  readonly mps: MpsLibrary;
  readonly word: 4 | 8;
  readonly output: string[] = [];
  /** How often each format method ran. */
  readonly calls = { scan: 0, skip: 0, fwd: 0, isfwd: 0, pad: 0 };
  private readonly functions = new Map<string, HostFunction>();
  private readonly keyAddress = new Map<string, number>();
  readonly out: number;

  constructor(code: string, options: Partial<ClientOptions> = {}, bytes?: number) {
    const platform = there(platformOf(code));
    this.host = new FakeHost(code, platform.wordSize, bytes);
    this.layouts = layoutsFor(platform);
    this.word = platform.wordSize;
    const text = new TextDecoder();
    this.mps = mpsLibrary(this.host.port, {
      variety: 'cool',
      scan: [],
      testHooks: {},
      output: (_stream, data) => void this.output.push(text.decode(data)),
      ...options,
    });
    for (const fn of this.mps.library.functions) this.functions.set(fn.name, fn);
    for (const name of Object.keys(keyFields)) {
      const at = this.host.static(3 * this.word);
      this.memory.setWord(at + this.word, this.host.string(name));
      this.keyAddress.set(name, at);
    }
    this.out = this.host.static(16);
  }

  get memory() {
    return this.host.memory;
  }

  call(name: string, ...args: Value[]): number {
    return this.host.call(there(this.functions.get(name)), args) as number;
  }

  callVariadic(name: string, args: Value[], varargs: number[]): number {
    return this.host.call(there(this.functions.get(name)), args, varargs) as number;
  }

  /** A call with `this.out` as its out-parameter: what was stored; a failure throws. */
  make(name: string, ...args: Value[]): number {
    const res = this.call(name, this.out, ...args);
    if (res !== 0) throw new Error(`${name} returned ${res}`);
    return this.memory.word(this.out);
  }

  args(values: Partial<Record<KeyName, number>>): number {
    const { arg } = this.layouts;
    const entries = Object.entries(values) as [KeyName, number][];
    const list = this.host.static((entries.length + 1) * arg.size);
    entries.forEach(([key, value], i) => {
      this.memory.setWord(list + i * arg.size, there(this.keyAddress.get(key)));
      if (keyFields[key] === 'd') this.memory.setF64(list + i * arg.size + arg.val, value);
      else this.memory.setWord(list + i * arg.size + arg.val, value);
    });
    this.memory.setWord(list + entries.length * arg.size, there(this.keyAddress.get('ARGS_END')));
    return list;
  }

  arena(values: Partial<Record<KeyName, number>> = {}): number {
    return this.make('mps_arena_create_k', this.call('mps_arena_class_vm'), this.args({ ARENA_SIZE: 8 << 20, ...values }));
  }

  /** The test's format: [kind, size, reference...]. */
  format(arena: number): number {
    const { memory, word, calls, layouts } = this;
    const size = (object: number): number => (memory.word(object) === PAD1 ? word : memory.word(object + word));
    const shift = (a: number): number => a;
    const scan = this.host.define((ss, base, limit) => {
      calls.scan++;
      const zs = memory.word(ss + layouts.ss.zs);
      const bits = BigInt(word * 8);
      const read = (at: number): bigint => (word === 8 ? memory.u64(at) : BigInt(memory.u32(at)));
      const w = read(ss + layouts.ss.w);
      let ufs = read(ss + layouts.ss.ufs);
      for (let object = base; object < limit; object += size(object)) {
        if (memory.word(object) !== LIVE) continue;
        for (let slot = object + 2 * word; slot < object + size(object); slot += word) {
          const bit = 1n << ((read(slot) >> BigInt(zs)) & (bits - 1n));
          ufs |= bit;
          if ((w & bit) === 0n) continue;
          const res = this.call('_mps_fix2_host', ss, slot, 0);
          if (res !== 0) return res;
        }
      }
      if (word === 8) memory.setU64(ss + layouts.ss.ufs, ufs);
      else memory.setU32(ss + layouts.ss.ufs, Number(ufs));
      return 0;
    });
    const skip = this.host.define((object) => (calls.skip++, object + size(object)));
    const fwd = this.host.define((old, now) => {
      calls.fwd++;
      memory.setWord(old, FORWARD);
      memory.setWord(old + 2 * word, now);
    });
    const isfwd = this.host.define(
      (object) => (calls.isfwd++, memory.word(object) === FORWARD ? shift(memory.word(object + 2 * word)) : 0),
    );
    const pad = this.host.define((at, bytes) => {
      calls.pad++;
      memory.setWord(at, bytes === word ? PAD1 : PAD);
      if (bytes > word) memory.setWord(at + word, bytes);
    });
    return this.make(
      'mps_fmt_create_k',
      arena,
      this.args({
        FMT_ALIGN: this.host.port.platform.mpsAlign,
        FMT_SCAN: scan,
        FMT_SKIP: skip,
        FMT_FWD: fwd,
        FMT_ISFWD: isfwd,
        FMT_PAD: pad,
      }),
    );
  }

  /** mps_reserve as the header's macro does it. */
  reserve(ap: number, size: number): number {
    const { ap: fields } = this.layouts;
    const next = this.memory.word(ap + fields.alloc) + size;
    if (next > this.memory.word(ap + fields.limit)) return this.make('mps_ap_fill', ap, size);
    this.memory.setWord(ap + fields.alloc, next);
    return this.memory.word(ap + fields.init);
  }

  commit(ap: number, p: number, size: number): boolean {
    const { ap: fields } = this.layouts;
    this.memory.setWord(ap + fields.init, this.memory.word(ap + fields.alloc));
    return this.memory.word(ap + fields.limit) !== 0 || this.call('mps_ap_trip', ap, p, size) !== 0;
  }

  /** A new object with `references`. */
  object(ap: number, references: number[]): number {
    const align = this.host.port.platform.mpsAlign;
    const size = Math.ceil(((2 + Math.max(1, references.length)) * this.word) / align) * align;
    for (;;) {
      const p = this.reserve(ap, size);
      for (let i = 0; i < size; i += this.word) this.memory.setWord(p + i, 0);
      this.memory.setWord(p, LIVE);
      this.memory.setWord(p + this.word, size);
      references.forEach((reference, i) => this.memory.setWord(p + (2 + i) * this.word, reference));
      if (this.commit(ap, p, size)) return p;
    }
  }

  reference(object: number, i: number): number {
    return this.memory.word(object + (2 + i) * this.word);
  }
}
