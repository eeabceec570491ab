/** scanf at its limits: line by line like the native C library; the BSDs by their own rules (lib/libc/stdio/vfscanf.c). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../../platforms/toolchain/cc.js';
import { root, runProgram } from '../../guests/harness.js';
import { missingToolchain, needing } from '../../needs.js';
import { compileOracle, missingOracle, runOracle } from '../../oracle.js';

const folder = mkdtempSync(join(tmpdir(), 'mpsemu-scan-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const source = join(root, 'test', 'platforms', 'clib', 'guests', 'scan-limits.c');

async function lines(code: string): Promise<string[]> {
  const output = join(folder, code);
  await compile({ platform: code, sources: [source], output, flags: ['-O1', '-w'] });
  const { stdout, status } = runProgram(output, code);
  return status.kind === 'exit' ? stdout.split(/\r?\n/) : [JSON.stringify(status)];
}

for (const [code, oracle] of [
  ['lii6ll', 'lii6gc'],
  ['lii3gc', 'lii3gc'],
]) {
  needing(missingToolchain(code) ?? missingOracle(oracle))(`${code}: as glibc does`, async (t) => {
    const native = join(folder, `native-${oracle}`);
    compileOracle(oracle, [source], native, ['-O1', '-w']);
    const expected = runOracle(oracle, native).split('\n');
    t.true(expected.length > 500);
    t.deepEqual(await lines(code), expected);
  });
}

for (const code of ['fri3gc', 'fri6ll', 'xci6ll', 'xca6ll']) {
  needing(missingToolchain(code))(`${code}: the widest type, and 512 digits`, async (t) => {
    const all = await lines(code);
    const says = (line: string): boolean => t.true(all.includes(line), line);
    // Both of 64 bits, whatever a long is: the low part of what strtoimax gives.
    says('99999999999 %d: 1 11 errno 0: ff e7 76 48 aa aa aa aa aa aa');
    says('99999999999999999999 %d: 1 20 errno 1: ff ff ff ff aa aa aa aa aa aa');
    says('99999999999999999999 %lld: 1 20 errno 1: ff ff ff ff ff ff ff 7f aa aa');
    says('-99999999999999999999 %llu: 1 21 errno 1: ff ff ff ff ff ff ff ff aa aa');
    says('500 zeros: 1 7 500 rest 0');
    says('600 zeros: 2 0 512 rest 88');
    says('%5c: 1 abczzzz 3');
  });
}
