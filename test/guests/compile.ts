/** Guests compiled by the tests through `mpsemu cc`'s own code; where a compiler is missing, the test that wants it is left out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../platforms/toolchain/cc.js';
import { root } from './harness.js';

const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-guests-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** Path of a program of test/guests/sources, compiled for that platform with those flags besides. */
export async function compileSource(code: string, name: string, flags: string[] = []): Promise<string> {
  const output = join(scratch, `${name.replace(/\.\w+$/, '')}-${code}${flags.join('')}${code.startsWith('w3') ? '.exe' : ''}`);
  const source = join(root, 'test', 'guests', 'sources', name);
  await compile({
    platform: code,
    sources: [source],
    output,
    flags: ['-O2', '-Wall', `-I${join(root, 'fixtures', 'programs')}`, ...flags],
  });
  return output;
}
