/**
 * Opaque handles. To a guest each is a pointer that it compares and hands back;
 * here it names a TypeScript object. A handle of the wrong kind, or of something
 * destroyed, is noticed, as the MPS notices by the signature it overwrites.
 */
import type { ControlMemory } from './control.js';

const CELL = 16;

/** Kinds of handle, by the type names that the MPS's assertions use. */
export type HandleKind =
  | 'Arena'
  | 'ArenaClass'
  | 'Pool'
  | 'PoolClass'
  | 'Chain'
  | 'Format'
  | 'Root'
  | 'Thread'
  | 'Message'
  | 'Buffer'
  | 'SAC'
  | 'Transform'
  | 'AllocPattern';

export class HandleTable {
  private readonly byAddress = new Map<number, { kind: HandleKind; object: object; cell: number }>();
  private readonly byObject = new Map<object, number>();

  constructor(private readonly control: ControlMemory) {}

  /** A new handle; at `address` where the guest sees the object itself (an allocation point). Undefined: no memory. */
  create(kind: HandleKind, object: object, address?: number): number | undefined {
    const at = address ?? this.control.allocate(CELL);
    if (at === undefined) return undefined;
    this.byAddress.set(at, { kind, object, cell: address === undefined ? CELL : 0 });
    this.byObject.set(object, at);
    return at;
  }

  /** The object, if `address` is a live handle of that kind. */
  find<T extends object>(kind: HandleKind, address: number): T | undefined {
    const entry = this.byAddress.get(address);
    return entry?.kind === kind ? (entry.object as T) : undefined;
  }

  /** Handle of an object that has one. */
  of(object: object): number | undefined {
    return this.byObject.get(object);
  }

  /** Handle of an object, made on first use (for objects that the MPS itself created, such as its internal pools). */
  ensure(kind: HandleKind, object: object): number | undefined {
    return this.byObject.get(object) ?? this.create(kind, object);
  }

  destroy(address: number): void {
    const entry = this.byAddress.get(address);
    if (!entry) return;
    this.byAddress.delete(address);
    this.byObject.delete(entry.object);
    if (entry.cell > 0) this.control.release(address, entry.cell);
  }

  /** All live objects of a kind. */
  *all<T extends object>(kind: HandleKind): Iterable<[number, T]> {
    for (const [address, entry] of this.byAddress) if (entry.kind === kind) yield [address, entry.object as T];
  }
}
