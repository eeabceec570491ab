/** Every function that windows.h declares is there, and pops as many bytes as its prototype says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePe } from '../../../emulator/loader/pe.js';
import { platform } from '../../../platforms/codes.js';
import { prototypes } from '../../../platforms/toolchain/prototypes.js';
import { argumentBytes, codes, createWindows, missing, root } from './guest.js';
import { needing } from '../../needs.js';
import { there } from '../../there.js';

for (const code of codes) {
  const title = `${code}: windows.h and the host functions agree`;
  needing(missing)(title, async (t) => {
    const { os, process } = createWindows(code, () => undefined);
    const functions = new Map(os.libraries().flatMap((library) => library.functions.map((fn) => [fn.name, fn] as const)));
    process.close();
    const exports = ['ntdll.dll', 'kernelbase.dll'].flatMap((name) => [
      ...parsePe(readFileSync(join(root, 'fixtures', 'guest', 'built', code, name)), name).exports.keys(),
    ]);
    const declared = (await prototypes(there(platform(code)))).filter((f) => f.library === 'kernel32');
    t.true(declared.length > 50);
    for (const { name, stdcallBytes } of declared) {
      const fn = functions.get(name);
      t.true(fn !== undefined || exports.includes(name), `${name} is provided`);
      if (fn && stdcallBytes !== undefined) t.is(argumentBytes(fn), stdcallBytes, name);
    }
  });
}
