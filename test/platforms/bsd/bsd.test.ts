/**
 * What FreeBSD's and macOS's kernels and libraries answer, which can't run here: programs in guests/ that observe
 * (test/oracles/observe.h), and beside each the lines that it must print, written down from the sources that it names:
 * NAME.OS, or NAME.CODE where the CPU decides.
 */
import test from 'ava';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../../platforms/toolchain/cc.js';
import { root, runProgram } from '../../guests/harness.js';
import { missingToolchain } from '../../missing.js';
import { needing } from '../../needs.js';

const directory = join(root, 'test', 'platforms', 'bsd', 'guests');
const PLATFORMS = { freebsd: ['fri3gc', 'fri3ll', 'fri6gc', 'fri6ll'], macos: ['xci6ll', 'xca6ll'] };
const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-bsd-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

function expected(name: string, os: string, code: string): string | undefined {
  const path = [code, os].map((suffix) => join(directory, `${name}.${suffix}`)).find((file) => existsSync(file));
  return path === undefined ? undefined : readFileSync(path, 'utf8');
}

const names = readdirSync(directory)
  .filter((file) => file.endsWith('.c'))
  .map((file) => file.slice(0, -2));

for (const [os, codes] of Object.entries(PLATFORMS)) {
  for (const code of codes) {
    for (const name of names) {
      const lines = expected(name, os, code);
      if (lines === undefined) continue;
      needing(missingToolchain(code))(`${code}: ${name}`, async (t) => {
        const output = join(scratch, `${name}-${code}`);
        const flags = ['-O1', '-w', '-I', join(root, 'test', 'oracles')];
        await compile({ platform: code, sources: [join(directory, `${name}.c`)], output, flags, noMps: true });
        // A directory of its own, empty.
        const data = mkdtempSync(join(scratch, 'data-'));
        const { stdout, status } = runProgram(output, code, { directories: [{ host: data, guest: '/data' }] });
        t.deepEqual(stdout.split('\n'), lines.split('\n'));
        t.deepEqual(status, { kind: 'exit', code: 0 });
      });
    }
  }
}
