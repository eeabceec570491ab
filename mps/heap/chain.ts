/** Generation chains: the generations through which objects of the pools that use the chain are promoted. */
import type { HeapArena } from './heap-arena.js';
import { GenDesc } from './generation.js';
import { Res } from '../plinth/res.js';
import type { TracedChain } from '../trace/traced.js';

export interface GenParam {
  /** Units of 1024 bytes. */
  capacity: number;
  mortality: number;
}

export class Chain implements TracedChain {
  readonly gens: GenDesc[];

  constructor(
    readonly arena: HeapArena,
    readonly address: number,
    params: readonly GenParam[],
    /** The generation after its last. */
    private readonly top: GenDesc,
    /** The ring it is on. */
    private readonly ring: Set<Chain>,
  ) {
    this.gens = params.map((p) => new GenDesc(arena, p.capacity * 1024, p.mortality));
  }

  static readonly blockWords = 8;
  static size(arena: HeapArena, gens: number): number {
    return (Chain.blockWords + 24 * gens) * arena.wordSize;
  }

  /** Generation by index; one past the end is the arena's top generation. */
  gen(index: number): GenDesc {
    return this.gens[index] ?? this.top;
  }

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
    this.ring.delete(this);
    arena.controlFree(this.address, Chain.size(arena, this.gens.length));
  }

  check(): boolean {
    return this.gens.every((gen) => gen.check());
  }
}

/** Parameters as the interface checks them. */
export function checkGenParams(arena: HeapArena, params: readonly GenParam[]): Res {
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
