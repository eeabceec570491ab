/** The C locale, the only one, and strerror. */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import { errorMessage } from './errors.js';
import type { CLibrary } from './library.js';

const CHAR_MAX: Record<'arm64' | 'x86', number> = { arm64: 255, x86: 127 };

/** Of Windows' struct lconv. */
const WIDE_STRINGS = 8;

export function localeFunctions(library: CLibrary): HostFunction[] {
  const { traits, process } = library;
  let name = 0;
  let conventions = 0;
  const messages = new Map<number, number>();
  const word = traits.wordSize;
  return [
    hostFunction('setlocale', 'p(ip)', (call, _category, wanted) => {
      if (wanted !== 0 && !['', 'C', 'POSIX'].includes(call.memory.cString(wanted))) return 0;
      return (name ||= library.ownText('C'));
    }),
    hostFunction('localeconv', 'p()', () => {
      if (conventions !== 0) return conventions;
      // Ten strings (only the decimal point isn't empty), then char fields that say "unspecified".
      const memory = process.supervisor;
      const [point, empty] = [library.ownText('.'), library.ownText('')];
      conventions = library.own(10 * word + 16 + WIDE_STRINGS * word);
      for (let i = 0; i < 10; i++) memory.setWord(conventions + i * word, i === 0 ? point : empty);
      memory.fill(
        conventions + 10 * word,
        traits.os === 'windows' ? 8 : 14,
        CHAR_MAX[process.cpu === 'arm64' && traits.os === 'linux' ? 'arm64' : 'x86'],
      );
      if (traits.os === 'windows') {
        // The same strings in wide characters, from the first aligned word behind the char fields.
        const wide = library.own(8);
        memory.setU16(wide, '.'.charCodeAt(0));
        for (let i = 0; i < WIDE_STRINGS; i++) memory.setWord(conventions + 10 * word + 8 + i * word, i === 0 ? wide : wide + 2);
      }
      return conventions;
    }),
    hostFunction('strerror', 'p(i)', (_call, number) => {
      let address = messages.get(number);
      if (address === undefined) messages.set(number, (address = library.ownText(errorMessage(traits.os, number))));
      return address;
    }),
  ];
}
