/** Permissions of files in a granted directory: those that the program gives, under its mask, as natively. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../../platforms/toolchain/cc.js';
import { root, runProgram } from '../../guests/harness.js';
import { missingToolchain, needing } from '../../needs.js';
import { compileOracle, missingOracle } from '../../oracle.js';

const source = join(root, 'test', 'platforms', 'linux', 'guests', 'file-modes.c');
const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-modes-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

function empty(name: string): string {
  const folder = join(scratch, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return folder;
}

for (const code of ['lii6gc', 'lii3gc', 'lia6gc']) {
  needing(missingToolchain(code) ?? missingOracle('lii6gc'), test.serial)(
    `${code}: modes are what the program gives, as natively`,
    async (t) => {
      const native = join(scratch, 'native');
      compileOracle('lii6gc', [source], native, ['-w'], 'static');
      const there = empty('there');
      const expected = spawnSync(native, [there], { encoding: 'utf8' });
      t.is(expected.status, 0);
      t.is(expected.stdout.trim().split('\n').length, 18);
      const here = empty('here');
      const output = join(scratch, code);
      await compile({ platform: code, sources: [source], output, flags: ['-O1', '-Wall'], noMps: true });
      const { status, stdout, stderr } = runProgram(output, code, { args: ['/data'], directories: [{ host: here, guest: '/data' }] });
      t.is(stderr, '');
      t.deepEqual(stdout.split('\n'), expected.stdout.split('\n'));
      t.deepEqual(status, { kind: 'exit', code: 0 });
      t.deepEqual(readdirSync(here), readdirSync(there));
    },
  );
}
