/** What fopen's second argument says (C11 7.21.5.3; glibc, BSD and UCRT additions are accepted). */
import type { OpenMode } from './files.js';

/** fopen's mode; undefined: not one. */
export function openMode(text: string, windows: boolean): (OpenMode & { text: boolean }) | undefined {
  const m = /^([rwa])([+bxte,cnSRTD]*)/.exec(text);
  if (!m) return undefined;
  const plus = m[2].includes('+');
  return {
    read: m[1] === 'r' || plus,
    write: m[1] !== 'r' || plus,
    append: m[1] === 'a',
    create: m[1] !== 'r',
    truncate: m[1] === 'w',
    exclusive: m[2].includes('x'),
    text: windows && !m[2].includes('b'),
  };
}
