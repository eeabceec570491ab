/**
 * rand and srand with each C library's generator. Sources: glibc's additive feedback generator (TYPE_3, from its
 * manual), FreeBSD's and macOS's "minimal standard" 16807 generator (Park and Miller 1988), MSVC's linear congruence.
 */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import type { CLibrary } from './library.js';

/** x * 16807 mod 2^31 - 1. */
function minimalStandard(x: number): number {
  return (x * 16807) % 0x7fffffff;
}

class Feedback {
  private table: number[] = [];

  constructor() {
    this.seed(1);
  }

  seed(seed: number): void {
    const r = [seed === 0 ? 1 : seed | 0];
    for (let i = 1; i < 31; i++) {
      // Signed arithmetic as in C: a negative seed gives a negative remainder.
      const next = minimalStandard(r[i - 1]);
      r.push(next < 0 ? next + 0x7fffffff : next);
    }
    this.table = r;
    for (let i = 0; i < 3; i++) this.table.push(this.table[i]);
    for (let i = 0; i < 310; i++) this.step();
  }

  private step(): number {
    const { table } = this;
    const next = (table[table.length - 31] + table[table.length - 3]) | 0;
    table.push(next);
    if (table.length > 4096) table.splice(0, table.length - 64);
    return next;
  }

  next(): number {
    return this.step() >>> 1;
  }
}

/** Where rand is the minimal standard generator. */
class Minimal {
  private state = 1;

  constructor(private readonly shifted: boolean) {}

  seed(seed: number): void {
    this.state = seed >>> 0;
  }

  next(): number {
    if (this.shifted) {
      // FreeBSD maps the seed into the generator's range and the result back to 0.
      this.state = minimalStandard((this.state % 0x7ffffffe) + 1) - 1;
      return this.state;
    }
    this.state = minimalStandard(this.state === 0 ? 123459876 : this.state % 0x7fffffff);
    return this.state;
  }
}

class Congruential {
  private state = 1;

  seed(seed: number): void {
    this.state = seed | 0;
  }

  next(): number {
    this.state = (Math.imul(this.state, 214013) + 2531011) | 0;
    return (this.state >>> 16) & 0x7fff;
  }
}

export function randomFunctions(library: CLibrary): HostFunction[] {
  const { os } = library.traits;
  const feedback = new Feedback();
  const rand = os === 'linux' ? feedback : os === 'windows' ? new Congruential() : new Minimal(os === 'freebsd');
  const functions: HostFunction[] = [
    hostFunction('rand', 'i()', () => rand.next()),
    hostFunction('srand', 'v(u)', (_call, seed) => rand.seed(seed)),
  ];
  if (os !== 'windows') {
    functions.push(
      hostFunction('random', 'l()', () => feedback.next()),
      hostFunction('srandom', 'v(u)', (_call, seed) => feedback.seed(seed)),
    );
  }
  return functions;
}
