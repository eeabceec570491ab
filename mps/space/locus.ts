/** Locus preferences: where in the address space an allocation of grains would like to be. */
import type { RefSet } from './zone.js';

export interface LocusPref {
  zones: RefSet;
  avoid: RefSet;
  /** From the high end. */
  high: boolean;
}
