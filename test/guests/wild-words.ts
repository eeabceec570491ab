/** Words that a program may pass by mistake: edges of every kind, addresses of every kind of page, and what it saw before. */
import type { Random } from '../../emulator/process/random.js';
import type { Machine } from '../../machine/machine.js';

/** As formats, names, numbers; the last ones are not ended well. */
const TEXTS = [
  '%s %n %p %ld %f',
  '%2147483647d',
  '%.2147483647f',
  '%*.*f%*d',
  '%99999999999999999999s',
  '%[^]%[a-%c%n',
  '%1$s %5$n %999999$d',
  '/d/x',
  '/d/../../etc/passwd',
  '/d',
  'w+',
  'r',
  '',
  '1e999999999',
  '0x1.fffffffffffffp+99999',
  '-99999999999999999999999',
  'nan(0123456789)',
  '\xff\xfe\x80',
];

const EDGES = [0n, 1n, 2n, 3n, 7n, 8n, 15n, 16n, 40n, 255n, 4095n, 4096n, 4097n, 65535n, 65536n, 1n << 20n, (1n << 24n) + 8n]
  .concat([31n, 32n, 39n, 40n, 44n, 46n, 47n, 48n, 53n, 62n, 63n].flatMap((bit) => [(1n << bit) - 1n, 1n << bit, (1n << bit) + 8n]))
  .concat([1n, 2n, 7n, 8n, 16n, 100n, 4095n, 4096n, 4097n, 65536n].map((below) => (1n << 64n) - below));

const KERNEL = [0xffff_8000_0000_0000n, 0xffff_ffff_8000_0000n, 0xc000_0000n, 0xffff_0000n, 0x7fff_ffff_f000n, 0x7ffe_0000n];

/** Bytes of scratch memory whose content is made anew for each call. */
const SCRATCH = 4096;

export class WildWords {
  private readonly seen: bigint[] = [];
  private last = 0n;
  private readonly scratch: number;
  private readonly names: string[];

  constructor(
    private readonly machine: Machine,
    private readonly random: Random,
  ) {
    const scratch = machine.os.heapGrow(64 * 1024);
    if (scratch === undefined) throw new Error('there is no memory for the driver');
    this.scratch = scratch;
    this.names = machine.hosts.all.map(({ name }) => name);
  }

  /** The program, or a call, came upon this word. */
  see(word: bigint): void {
    if (word === 0n) return;
    if (this.seen.length < 400) this.seen.push(word);
    else this.seen[this.random.below(400)] = word;
  }

  /** Fills the scratch memory, having seen what the last call left there. */
  stir(): void {
    const { random, scratch } = this;
    const memory = this.machine.process.supervisor;
    for (let i = 0; i < 8; i++) this.see(memory.bits(scratch + random.below(64) * memory.wordSize));
    for (let at = 0; at < SCRATCH; at += memory.wordSize) {
      if (random.below(8) === 0) memory.setBits(scratch + at, random.below(3) === 0 ? BigInt(random.below(64)) : this.word());
    }
    TEXTS.forEach((text, i) => memory.write(scratch + SCRATCH + 256 * i, Buffer.from(text + (i < TEXTS.length - 1 ? '\0' : ''), 'latin1')));
  }

  /** All 64 bits; smaller types take the low ones. */
  word(): bigint {
    const { random } = this;
    switch (random.below(8)) {
      case 0:
      case 1:
        return pick(random, EDGES);
      case 2:
        return BigInt(random.next());
      case 3:
        return BigInt(this.edgeOfArea());
      case 4:
        return pick(random, KERNEL) + BigInt(random.below(3) * 4096);
      case 5:
        return this.seen.length > 0 ? pick(random, this.seen) : 0n;
      default:
        return this.pointer();
    }
  }

  /** What the last pointer led to, or a part of it: buffers that overlap. */
  again(): bigint {
    return this.last + BigInt(this.random.below(3) * (this.random.below(64) - 32));
  }

  /** Mostly one that leads somewhere. */
  pointer(): bigint {
    return (this.last = this.somewhere());
  }

  private somewhere(): bigint {
    const { random, scratch, seen } = this;
    switch (random.below(10)) {
      case 0:
        return this.word();
      case 1:
        return BigInt(this.edgeOfArea());
      case 2:
        return BigInt(scratch + SCRATCH + 256 * random.below(TEXTS.length));
      case 3:
        return BigInt(scratch + random.below(SCRATCH));
      case 4:
      case 5:
        return seen.length > 0 ? pick(random, seen) : 0n;
      case 6: {
        // Code: of the host's functions, which a callback may well be.
        return BigInt(this.machine.hosts.address(pick(random, this.names)) ?? 0);
      }
      case 7:
        // Inside of what it has seen: an object, a handle, a block that may be free by now.
        return (seen.length > 0 ? pick(random, seen) : 0n) + BigInt(random.below(64) - 8);
      case 8: {
        // So near the end of what can be touched that a string, or a structure, has none.
        const { space } = this.machine.process;
        const areas = space.regions().filter(({ limit }) => space.isCommitted(limit - 1));
        return BigInt((areas.length > 0 ? pick(random, areas).limit : 0) - 1 - random.below(40));
      }
      default:
        return BigInt(scratch + 8 * random.below(SCRATCH / 8));
    }
  }

  double(): number {
    return pick(this.random, [
      0,
      -0,
      1,
      -1,
      0.5,
      1e308,
      5e-324,
      -1e-310,
      NaN,
      Infinity,
      -Infinity,
      2 ** 31,
      2 ** 63,
      -(2 ** 63),
      1e20,
      3.7,
    ]);
  }

  private edgeOfArea(): number {
    const { random } = this;
    const area = pick(random, this.machine.process.space.regions());
    return (random.below(2) === 0 ? area.base : area.limit) + [0, 0, -1, -8, 1, 8, -4096][random.below(7)];
  }
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)];
}
