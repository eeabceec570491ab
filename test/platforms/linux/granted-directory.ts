/** A program that works on the files of a directory: on ours, granted, it says and leaves what it does natively on one of its own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../../platforms/toolchain/cc.js';
import { root, runProgram } from '../../guests/harness.js';
import { missingToolchain, needing } from '../../needs.js';
import { compileOracle, missingOracle } from '../../oracle.js';

/** `program`: in guests. `lines`: how many it prints, so that one that ends early natively is no oracle. */
export function asNatively(program: string, title: string, codes: string[], lines: number): void {
  const source = join(root, 'test', 'platforms', 'linux', 'guests', program);
  const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-granted-'));
  test.after.always(() => rmSync(scratch, { recursive: true, force: true }));
  const empty = (name: string): string => {
    const folder = join(scratch, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    return folder;
  };
  for (const code of codes) {
    needing(missingToolchain(code) ?? missingOracle('lii6gc'), test.serial)(`${code}: ${title}`, async (t) => {
      const native = join(scratch, 'native');
      compileOracle('lii6gc', [source], native, ['-w'], 'static');
      const there = empty('there');
      const expected = spawnSync(native, [there], { encoding: 'utf8' });
      t.is(expected.status, 0);
      t.is(expected.stdout.trim().split('\n').length, lines);
      const here = empty('here');
      const output = join(scratch, code);
      await compile({ platform: code, sources: [source], output, flags: ['-O1', '-Wall'], noMps: true });
      const { status, stdout, stderr } = runProgram(output, code, { args: ['/data'], directories: [{ host: here, guest: '/data' }] });
      t.is(stderr, '');
      t.deepEqual(stdout.split('\n'), expected.stdout.split('\n'));
      t.deepEqual(status, { kind: 'exit', code: 0 });
      t.deepEqual(readdirSync(here), readdirSync(there));
    });
  }
}
