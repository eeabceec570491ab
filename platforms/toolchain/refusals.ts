/** Options that one platform's tools can't honour, and others' can. */
import type { Platform } from '../codes.js';
import type { CommandLine } from './command-line.js';
import { targetOf } from './targets.js';
import { usage } from './tools.js';

/**
 * -m32 and its like: fine where they say what is so anyway. lld does not read what gcc's -flto leaves in objects.
 * Sanitizers have libraries, which the platforms have not; where their checks trap they need none.
 */
export function refuseWhatIsNotHere(p: Platform, line: CommandLine): void {
  const bits = `-m${p.wordSize * 8}`;
  const traps = line.items.some(({ words }) => /^-fsanitize-(trap|undefined-trap-on-error)/.test(words[0]));
  for (const { words } of line.items) {
    if (/^-fsanitize=/.test(words[0]) && !traps)
      throw usage(`${words[0]} is not offered: the platforms have no library of a sanitizer (with -fsanitize-trap checks need none)`);
    if (targetOf(p).gcc && /^-flto\b/.test(words[0])) throw usage(`${words[0]} is not offered with gcc: the linker is lld`);
    if (/^-m(16|32|64|x32)$/.test(words[0]) && words[0] !== bits)
      throw usage(`${words[0]} is not offered: ${p.code} is a platform of ${p.wordSize * 8} bits`);
  }
}
