/** Functions are named on every platform whatever little their symbol says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { compile } from '../../platforms/toolchain/cc.js';
import { root, runProgram } from '../guests/harness.js';
import { missingToolchain, needing } from '../needs.js';

const work = mkdtempSync(join(tmpdir(), 'mpsemu-names-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

for (const { code } of platforms) {
  needing(missingToolchain(code))(`${code}: weak functions and labels without a type have their names`, async (t) => {
    const sources = ['named.c', 'nameless.S'].map((name) => join(root, 'test', 'machine', name));
    for (const level of ['-O0', '-Os']) {
      const output = join(work, `${code}${level}`);
      await compile({ platform: code, sources, output, flags: [level] });
      for (const [args, name] of [
        [[], 'replaceable'],
        [['label'], 'nameless'],
      ] as const) {
        const { status } = runProgram(output, code, { args: [...args] });
        t.regex('text' in status ? status.text : status.kind, new RegExp(` at \\S+!${name}(\\+0x\\w+)?$`));
      }
    }
  });
}
