/** Where the guest headers and libraries live in the checkout. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function projectRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) {
    if (dirname(directory) === directory) throw new Error(`there is no package.json above ${fileURLToPath(import.meta.url)}`);
    directory = dirname(directory);
  }
  return directory;
}

export const guest = join(projectRoot(), 'fixtures', 'guest');
export const includes = join(guest, 'include');

/** Guest libraries that programs load. */
export function builtFor(code: string): string {
  return join(guest, 'built', code);
}

/** What programs are linked with: stubs, import libraries, start code. */
export function linkFor(code: string): string {
  return join(guest, 'built', code, 'link');
}
