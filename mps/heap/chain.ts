/** Generation chains: the generations through which objects of the pools that use the chain are promoted. */
import type { Arena } from '../arena/arena.js';
import { GenDesc } from './generation.js';
import { Res } from '../plinth/res.js';

export interface GenParam {
  /** Units of 1024 bytes. */
  capacity: number;
  mortality: number;
}

export class Chain {
  readonly gens: GenDesc[];

  constructor(
    readonly arena: Arena,
    readonly address: number,
    params: readonly GenParam[],
  ) {
    this.gens = params.map((p) => new GenDesc(arena, p.capacity * 1024, p.mortality));
  }

  static readonly blockWords = 8;
  static size(arena: Arena, gens: number): number {
    return (Chain.blockWords + 24 * gens) * arena.wordSize;
  }

  /** Generation by index; one past the end is the arena's top generation. */
  gen(index: number): GenDesc {
    return this.gens[index] ?? this.arena.topGen;
  }

  /** How far from its capacity its fullest generation is; negative: collect. */
  get deferral(): number {
    let time = Infinity;
    for (const gen of this.gens) {
      if (gen.activeTraces) return Infinity;
      time = Math.min(time, gen.capacity - gen.newSize);
    }
    return time;
  }

  /** The highest generation at its capacity, and those below it. */
  toCondemn(): GenDesc[] {
    let top = 0;
    this.gens.forEach((gen, i) => {
      if (gen.newSize >= gen.capacity) top = i;
    });
    return this.gens.slice(0, top + 1);
  }

  get isActive(): boolean {
    return this.gens.some((gen) => gen.activeTraces !== 0);
  }

  destroy(): void {
    const { arena } = this;
    arena.inside(() => {
      arena.plinth.aver(!this.isActive, 'ChainDestroy', '!ChainIsActive(chain)');
      arena.plinth.aver(
        this.gens.every((gen) => gen.pgens.size === 0),
        'GenDescFinish',
        'RingIsSingle(&gen->locusRing)',
      );
      this.finish();
    });
  }
  finish(): void {
    const { arena } = this;
    const i = arena.chains.indexOf(this);
    if (i >= 0) arena.chains.splice(i, 1);
    arena.controlUnblock(this.address, Chain.size(arena, this.gens.length));
  }

  check(): boolean {
    return this.gens.every((gen) => gen.check());
  }
}

/** Parameters as the interface checks them. */
export function checkGenParams(arena: Arena, params: readonly GenParam[]): Res {
  const { plinth } = arena;
  const max = (2 ** arena.wordWidth - 1) / 1024;
  let ok = plinth.aver(params.length > 0, 'ChainCreate', 'genCount > 0');
  for (const p of params) {
    ok = plinth.aver(p.capacity > 0, 'GenParamCheck', 'params->capacity > 0') && ok;
    ok = plinth.aver(p.capacity <= max, 'GenParamCheck', 'params->capacity <= SizeMAX / 1024') && ok;
    ok = plinth.aver(p.mortality >= 0 && p.mortality <= 1, 'GenParamCheck', 'params->mortality <= 1.0') && ok;
  }
  return ok ? Res.OK : Res.PARAM;
}
