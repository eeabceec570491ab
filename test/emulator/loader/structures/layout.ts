/** What a survey of a sound image finds: its fields by structure, its tables, its streams, and the places that matter in it. */
export interface Field {
  name: string;
  at: number;
  size: 1 | 2 | 4 | 8;
}

/** Entries of one size, one after another. */
export interface Table {
  name: string;
  at: number;
  entry: number;
  count: number;
}

/** Bytes with a grammar of their own; generated ones can take their place. */
export type StreamKind =
  'rebase opcodes' | 'bind opcodes' | 'export trie' | 'relative words' | 'relocation blocks' | 'uleb numbers' | 'words';

export interface Stream {
  name: string;
  at: number;
  size: number;
  kind: StreamKind;
}

export class Layout {
  /** Fields of each structure: a header weighs as much as a long table when one is chosen. */
  readonly structures = new Map<string, Field[]>();
  readonly tables: Table[] = [];
  readonly streams: Stream[] = [];
  private readonly found = new Set<bigint>();
  private readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.mark(bytes.length);
  }

  /** Offsets in the file, addresses, sizes: what a field of another structure may name by mistake. */
  get marks(): bigint[] {
    return [...this.found];
  }

  mark(...values: (number | bigint)[]): void {
    for (const value of values) this.found.add(BigInt(value));
  }

  /** Notes the field; its value. */
  field(structure: string, name: string, at: number, size: Field['size']): number {
    const fields = this.structures.get(structure) ?? [];
    this.structures.set(structure, fields);
    fields.push({ name, at, size });
    const value = this.value(at, size);
    if (size >= 4) this.mark(value);
    return Number(value);
  }

  /** Fields in a row, each as `name:size`. */
  fields(structure: string, at: number, list: string): Record<string, number> {
    const values: Record<string, number> = {};
    for (const item of list.split(' ')) {
      const [name, size] = item.split(':');
      values[name] = this.field(structure, name, at, Number(size) as Field['size']);
      at += Number(size);
    }
    return values;
  }

  table(name: string, at: number, entry: number, count: number): void {
    if (count > 0) this.tables.push({ name, at, entry, count });
    this.mark(at, at + entry * count);
  }

  stream(name: string, at: number, size: number, kind: StreamKind): void {
    if (size > 0) this.streams.push({ name, at, size, kind });
    this.mark(at, at + size);
  }

  value(at: number, size: Field['size']): bigint {
    switch (size) {
      case 1:
        return BigInt(this.view.getUint8(at));
      case 2:
        return BigInt(this.view.getUint16(at, true));
      case 4:
        return BigInt(this.view.getUint32(at, true));
      case 8:
        return this.view.getBigUint64(at, true);
    }
  }
}
