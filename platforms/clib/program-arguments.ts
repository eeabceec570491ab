/** ucrtbase's argc and argv for the start code of a Windows program: __p___argc, __p___argv. Elsewhere the start block holds them. */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import type { CLibrary } from './library.js';

export function programArgumentFunctions(library: CLibrary): HostFunction[] {
  if (library.traits.os !== 'windows') return [];
  let argc = 0;
  let argv = 0;
  const lay = (): void => {
    if (argc !== 0) return;
    const { process, options } = library;
    const { wordSize } = process.abi;
    const words = library.own((options.argv.length + 1) * wordSize);
    options.argv.forEach((text, i) => process.supervisor.setWord(words + i * wordSize, library.ownText(text)));
    argv = library.own(wordSize);
    process.supervisor.setWord(argv, words);
    argc = library.own(4);
    process.supervisor.setU32(argc, options.argv.length);
  };
  return [hostFunction('__p___argc', 'p()', () => (lay(), argc)), hostFunction('__p___argv', 'p()', () => (lay(), argv))];
}
