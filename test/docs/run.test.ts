/** docs/run.md names every version and quirk of every OS, and no others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { systems } from '../../platforms/boot/boot.js';
import { root } from '../guests/harness.js';

const titles = { linux: 'Linux', freebsd: 'FreeBSD', windows: 'Windows', macos: 'macOS' } as const;
const text = readFileSync(join(root, 'docs', 'run.md'), 'utf8');

test('docs/run.md has the versions and quirks that there are', (t) => {
  const rows = [...text.matchAll(/^\| ([\w, ]+) \| `([\w-]+)` \| .* \|$/gm)];
  const documented = rows.flatMap(([, names, quirk]) => names.split(', ').map((name) => `${name} ${quirk}`));
  const real = Object.values(systems).flatMap((os) => Object.keys(os.quirks).map((quirk) => `${titles[os.name]} ${quirk}`));
  t.deepEqual(documented.sort(), real.sort());
  const versions = /^\| `--os-version V` \| (.*?) \|/m.exec(text)?.[1];
  t.deepEqual(
    versions?.split(', ').sort(),
    Object.values(systems)
      .map((os) => `${titles[os.name]} \`${os.versions.join('`, `')}\``)
      .sort(),
  );
});
