/** Directories by <dirent.h> on Linux, FreeBSD and macOS: a granted one reads as the same one does natively. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../../platforms/toolchain/cc.js';
import { root, runProgram } from '../../guests/harness.js';
import { missingToolchain, needing } from '../../needs.js';
import { compileOracle, missingOracle } from '../../oracle.js';

const source = join(root, 'test', 'platforms', 'posix', 'guests', 'directories.c');
const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-directories-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const granted = join(scratch, 'granted');
mkdirSync(join(granted, 'folder'), { recursive: true });
for (const name of ['b', 'a', 'Zebra', '.hidden', 'a-longer-name.txt', ...Array.from({ length: 20 }, (_, i) => `file-${i}`)])
  writeFileSync(join(granted, name), name);

for (const code of ['lii6gc', 'lii3gc', 'lia6gc', 'lii6ll', 'lia6ll', 'fri3gc', 'fri3ll', 'fri6gc', 'fri6ll', 'xci6ll', 'xca6ll']) {
  needing(missingToolchain(code) ?? missingOracle('lii6gc'), test.serial)(`${code}: a directory is read as natively`, async (t) => {
    const native = join(scratch, 'native');
    compileOracle('lii6gc', [source], native, ['-w'], 'static');
    const expected = spawnSync(native, [granted], { encoding: 'utf8' });
    t.is(expected.status, 0);
    t.regex(expected.stdout, /^all: 28 \.\/ \.\.\/ .hidden Zebra a /m);
    const output = join(scratch, code);
    await compile({ platform: code, sources: [source], output, flags: ['-O1', '-Wall'], noMps: true });
    const { status, stdout, stderr } = runProgram(output, code, {
      args: ['/data'],
      directories: [{ host: granted, guest: '/data' }],
    });
    t.is(stderr, '');
    t.deepEqual(stdout.split('\n'), expected.stdout.split('\n'));
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });
}
