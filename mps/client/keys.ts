/**
 * Keyword argument keys: which there are and which member of an argument's union
 * each uses. A guest names a key by the address of a data object of its own library,
 * `_mps_key_NAME`: three words, of which the second points at NAME.
 * Source: the key table of the MPS manual and mps.h.
 */
import { GuestFault, type MemoryView } from '../../platforms/port.js';

/** Member of mps_arg_s.val. */
export type Field = 'b' | 'u' | 'd' | 'size' | 'word' | 'pointer' | 'none';

export const keyFields = {
  ARGS_END: 'none',
  ALIGN: 'size',
  AMS_SUPPORT_AMBIGUOUS: 'b',
  ARENA_CL_BASE: 'pointer',
  ARENA_GRAIN_SIZE: 'size',
  ARENA_SIZE: 'size',
  ARENA_ZONED: 'b',
  AWL_FIND_DEPENDENT: 'pointer',
  CHAIN: 'pointer',
  COMMIT_LIMIT: 'size',
  EXTEND_BY: 'size',
  FMT_ALIGN: 'size',
  FMT_CLASS: 'pointer',
  FMT_FWD: 'pointer',
  FMT_HEADER_SIZE: 'size',
  FMT_ISFWD: 'pointer',
  FMT_PAD: 'pointer',
  FMT_SCAN: 'pointer',
  FMT_SKIP: 'pointer',
  FORMAT: 'pointer',
  GEN: 'u',
  INTERIOR: 'b',
  LARGE_SIZE: 'size',
  MAX_SIZE: 'size',
  MEAN_SIZE: 'size',
  MFS_UNIT_SIZE: 'size',
  MIN_SIZE: 'size',
  MVFF_ARENA_HIGH: 'b',
  MVFF_FIRST_FIT: 'b',
  MVFF_SLOT_HIGH: 'b',
  MVT_FRAG_LIMIT: 'd',
  MVT_RESERVE_DEPTH: 'word',
  PAUSE_TIME: 'd',
  POOL_DEBUG_OPTIONS: 'pointer',
  RANK: 'u',
  SPARE: 'd',
  SPARE_COMMIT_LIMIT: 'size',
  VMW3_TOP_DOWN: 'b',
  arena_extended: 'pointer',
  arena_contracted: 'pointer',
  ap_hash_arrays: 'b',
} as const satisfies Record<string, Field>;

export type KeyName = keyof typeof keyFields;

/** Which key is at an address. A key the MPS doesn't know (or unreadable memory) has no name and is left alone. */
export class KeyTable {
  private readonly known = new Map<number, KeyName>();

  nameAt(memory: MemoryView, address: number): KeyName | undefined {
    const found = this.known.get(address);
    if (found !== undefined) return found;
    let name: string;
    try {
      name = memory.cString(memory.word(address + memory.wordSize), 40);
    } catch (error) {
      if (error instanceof GuestFault) return undefined;
      throw error;
    }
    if (!Object.hasOwn(keyFields, name)) return undefined;
    this.known.set(address, name as KeyName);
    return name as KeyName;
  }
}
