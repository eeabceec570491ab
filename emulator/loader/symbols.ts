/** The function symbols of an image, in order, each with a size: those of the file may have none. */
import type { Image } from './image.js';

/** `pieces`: the image's sections of code, as offsets [start, end) in it. A function without a size ends where the next one begins, or its section ends. */
export function finishSymbols(image: Image, pieces: readonly (readonly [start: number, end: number])[]): void {
  const { symbols } = image;
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
