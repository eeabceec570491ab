/** Files of granted directories that are mapped: what is written to their memory is in them at the end, as natively. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../../platforms/toolchain/cc.js';
import { root, runProgram } from '../../guests/harness.js';
import { missingToolchain, needing } from '../../needs.js';
import { compileOracle, missingOracle } from '../../oracle.js';

const source = join(root, 'test', 'platforms', 'linux', 'guests', 'mapped-files.c');
const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-mapped-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const contents = (folder: string): [string, string][] =>
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]);

for (const code of ['lii6gc', 'lii3gc', 'lia6gc']) {
  needing(missingToolchain(code) ?? missingOracle('lii6gc'), test.serial)(
    `${code}: files have what was written to their memory`,
    async (t) => {
      const native = join(scratch, 'native');
      compileOracle('lii6gc', [source], native, ['-w'], 'static');
      const [there, here] = ['there', 'here'].map((name) => {
        const folder = join(scratch, `${name}-${code}`);
        mkdirSync(folder);
        return folder;
      });
      const expected = spawnSync(native, [there], { encoding: 'utf8' });
      t.is(expected.status, 3);
      const output = join(scratch, code);
      await compile({ platform: code, sources: [source], output, flags: ['-O1', '-w'], noMps: true });
      const { status, stdout, stderr } = runProgram(output, code, { args: ['/data'], directories: [{ host: here, guest: '/data' }] });
      t.is(stderr, '');
      t.deepEqual(stdout.split('\n'), expected.stdout.split('\n'));
      t.deepEqual(status, { kind: 'exit', code: 3 });
      t.deepEqual(contents(here), contents(there));
      t.is(contents(here).length, 2);
    },
  );
}
