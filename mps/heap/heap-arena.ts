/** The arena as what is in a heap sees it: services of its own, and what the tracer has. */
import type { Port } from '../../platforms/port.js';
import type { GuestMemory } from '../plinth/guest-memory.js';
import type { Plinth } from '../plinth/plinth.js';
import type { TestHooks } from '../plinth/test-hooks.js';
import type { LocusPref } from '../space/locus.js';
import type { Collector } from '../trace/collector.js';
import type { TracedArena } from '../trace/traced-arena.js';

export interface HeapArena extends TracedArena {
  readonly port: Port;
  readonly plinth: Plinth;
  readonly memory: GuestMemory;
  readonly wordSize: 4 | 8;
  readonly wordWidth: 32 | 64;
  readonly grain: number;
  readonly testHooks: TestHooks;
  readonly collector: Collector;
  /** Preference of pools that have no generations. */
  readonly defaultPref: LocusPref;
  /** Run `body` in the arena. */
  inside<T>(body: () => T): T;
  /** The same in parts, for the calls that are made most: `abandon` where something is thrown in between. */
  enter(): void;
  leave(): void;
  abandon(): void;
  /** A block of the control pool. Address, or -Res. */
  controlAlloc(size: number): number;
  controlFree(address: number, size: number): void;
  /** Rounded up to whole grains. */
  grains(size: number): number;
  alignUp(size: number, align: number): number;
}
