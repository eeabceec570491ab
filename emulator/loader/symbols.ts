/** The function symbols of an image, which name PCs. */

export interface ImageSymbol {
  name: string;
  offset: number;
  size: number;
}

/** Most runs name nothing: what only names is read when somebody asks. */
export class SymbolTable {
  private readonly found: ImageSymbol[] = [];
  private unread: (() => void) | undefined;

  push(symbol: ImageSymbol): void {
    this.found.push(symbol);
  }

  /** `read` pushes more, and finishes the table. */
  later(read: () => void): void {
    this.unread = read;
  }

  /** Sorted by offset once the table is finished. */
  get list(): ImageSymbol[] {
    const read = this.unread;
    this.unread = undefined;
    read?.();
    return this.found;
  }
}

/** Puts the symbols in order and gives each a size: those of the file may have none. `pieces`: the image's sections of code, as offsets [start, end) in it. A function without a size ends where the next one begins, or its section ends. */
export function finishSymbols(table: SymbolTable, pieces: readonly (readonly [start: number, end: number])[]): void {
  const symbols = table.list;
  // Both in order, from the end: there may be many of each.
  const ordered = pieces.toSorted((a, b) => a[0] - b[0]);
  // Of several at one place the one with a size comes last, and is found.
  symbols.sort((a, b) => a.offset - b.offset || a.size - b.size);
  let next = Infinity;
  let here = Infinity;
  for (const symbol of symbols.toReversed()) {
    const { offset } = symbol;
    if (offset < here) [here, next] = [offset, here];
    if (symbol.size > 0) continue;
    while ((ordered.at(-1)?.[0] ?? offset) > offset) ordered.pop();
    const end = Math.min(next, pieceEnd(ordered.at(-1), offset));
    if (end !== Infinity) symbol.size = end - offset;
  }
}

function pieceEnd(piece: readonly [start: number, end: number] | undefined, offset: number): number {
  return piece && offset < piece[1] ? piece[1] : Infinity;
}
