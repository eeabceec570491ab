/**
 * Opaque handles. To a guest each is a pointer that it compares and hands back;
 * here it names a TypeScript object by the address of its descriptor. A handle of the
 * wrong kind, or of something destroyed, is noticed, as the MPS notices by the
 * signature in the descriptor.
 */

/** Kinds of handle, by the type names that the MPS's assertions use. */
export type HandleKind =
  'Arena' | 'ArenaClass' | 'Pool' | 'PoolClass' | 'Chain' | 'Format' | 'Root' | 'Thread' | 'Message' | 'Buffer' | 'SAC' | 'AllocPattern';

interface Entry {
  kind: HandleKind;
  object: object;
  owner: object | undefined;
}

export class HandleTable {
  private readonly byAddress = new Map<number, Entry>();

  /** `address` now names `object`, until it is dropped or its owner is. */
  add(kind: HandleKind, address: number, object: object, owner?: object): number {
    if (this.byAddress.get(address)?.object !== object) this.byAddress.set(address, { kind, object, owner });
    return address;
  }

  /** The object, if `address` is a live handle of that kind. */
  find<T extends object>(kind: HandleKind, address: number): T | undefined {
    const entry = this.byAddress.get(address);
    return entry?.kind === kind ? (entry.object as T) : undefined;
  }

  ownerOf(address: number): object | undefined {
    return this.byAddress.get(address)?.owner;
  }

  drop(address: number): void {
    this.byAddress.delete(address);
  }

  /** Everything that `owner` held is gone. */
  dropOwned(owner: object): void {
    for (const [address, entry] of this.byAddress) if (entry.owner === owner || entry.object === owner) this.byAddress.delete(address);
  }
}
