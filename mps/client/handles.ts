/**
 * Opaque handles. To a guest each is a pointer that it compares and hands back;
 * here it names a TypeScript object by the address of its descriptor. A handle of the
 * wrong kind, or of something destroyed, is noticed, as the MPS notices by the
 * signature in the descriptor.
 */

/** Kinds of handle, by the type names that the MPS's assertions use. */
export type HandleKind =
  'Arena' | 'ArenaClass' | 'Pool' | 'PoolClass' | 'Chain' | 'Format' | 'Root' | 'Thread' | 'Message' | 'Buffer' | 'SAC' | 'AllocPattern';

/** A power of two. */
const RECENT = 64;
const recentIndex = (address: number): number => ((address & 0x7fffffff) >>> 4) & (RECENT - 1);

interface Entry {
  address: number;
  kind: HandleKind;
  object: object;
  owner: object | undefined;
}

/** What the host keeps for a handle and the object behind it, in bytes: rather more than a root, less than a pool. */
const HANDLE_COST = 1024;

export class HandleTable {
  /** `keep`: told how many bytes more (or fewer) the host keeps. */
  constructor(private readonly keep: (bytes: number) => void = () => undefined) {}

  private readonly byAddress = new Map<number, Entry>();
  /** Addresses of the handles that go with an object: its own, and those that it owns. */
  /** What was found of late, by address: addresses above 2^30 are slow to look up in a Map. */
  private readonly recent: (Entry | undefined)[] = new Array<Entry | undefined>(RECENT).fill(undefined);
  private readonly held = new Map<object, Set<number>>();

  /** `address` now names `object`, until it is dropped or its owner is. */
  add(kind: HandleKind, address: number, object: object, owner?: object): number {
    if (this.byAddress.get(address)?.object === object) return address;
    this.drop(address);
    this.keep(HANDLE_COST);
    this.byAddress.set(address, { address, kind, object, owner });
    for (const holder of [object, owner]) {
      if (!holder) continue;
      const addresses = this.held.get(holder);
      if (addresses) addresses.add(address);
      else this.held.set(holder, new Set([address]));
    }
    return address;
  }

  /** The object, if `address` is a live handle of that kind. */
  find<T extends object>(kind: HandleKind, address: number): T | undefined {
    const index = recentIndex(address);
    let entry = this.recent[index];
    if (entry?.address !== address) {
      entry = this.byAddress.get(address);
      if (entry) this.recent[index] = entry;
    }
    return entry?.kind === kind ? (entry.object as T) : undefined;
  }

  ownerOf(address: number): object | undefined {
    return this.byAddress.get(address)?.owner;
  }

  drop(address: number): void {
    const entry = this.byAddress.get(address);
    if (!entry) return;
    this.byAddress.delete(address);
    this.keep(-HANDLE_COST);
    this.recent[recentIndex(address)] = undefined;
    for (const holder of [entry.object, entry.owner]) {
      if (!holder) continue;
      const addresses = this.held.get(holder);
      addresses?.delete(address);
      if (addresses?.size === 0) this.held.delete(holder);
    }
  }

  /** Everything that `owner` held is gone, and so are its own handles. */
  dropOwned(owner: object): void {
    for (const address of this.held.get(owner) ?? []) this.drop(address);
  }
}
