/** What users are told of the objects that nobody sees: the names of their sources, in messages of the linker and in its maps. */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { isRegularFile } from '../../emulator/loader/regular-file.js';
import type { CommandLine } from './command-line.js';

const joinedMap = /^--?map=(.+)$/i;
const mapNext = /^--?map$/i;

/** Where ld.lld and ld64.lld are told to write a map. lld-link's names objects without their folder, which are always the same. */
function mapsOf(line: CommandLine): string[] {
  const words = line.items.flatMap((item) => (item.kind === 'linker' ? item.options : []));
  return words.flatMap((word, i) => (i > 0 && mapNext.test(words[i - 1]) ? [word] : (joinedMap.exec(word)?.slice(1) ?? [])));
}

export class SourceNames {
  private readonly ofObject = new Map<string, string>();

  note(object: string, source: string): void {
    this.ofObject.set(object, source);
  }

  in(text: string): string {
    let told = text;
    for (const [object, source] of this.ofObject)
      for (const name of [relative(process.cwd(), object), object]) told = told.replaceAll(name, source);
    return told;
  }

  /** In the maps that the linker has written. */
  inMaps(line: CommandLine): void {
    for (const map of mapsOf(line).filter(isRegularFile)) writeFileSync(map, this.in(readFileSync(map, 'latin1')), 'latin1');
  }
}
