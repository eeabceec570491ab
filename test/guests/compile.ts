/** Guests compiled by the tests through `mpsemu cc`'s own code; where a compiler is missing, the test that wants it is left out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform as platformOf } from '../../platforms/codes.js';
import { compile, type CompileOptions } from '../../platforms/toolchain/cc.js';
import { targetOf } from '../../platforms/toolchain/targets.js';
import { hasTool } from '../../platforms/toolchain/tools.js';
import { root } from './harness.js';

const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-guests-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

const linkers = { windows: 'lld-link', macos: 'ld64.lld', linux: 'ld.lld', freebsd: 'ld.lld' } as const;

export function canCompile(code: string): boolean {
  const p = platformOf(code)!;
  return hasTool(targetOf(p).compiler) && hasTool(linkers[p.os]);
}

/** Path of a program of test/guests/sources, compiled for that platform. */
export async function compileSource(code: string, name: string, options: Partial<CompileOptions> = {}): Promise<string> {
  const output = join(scratch, `${name.replace(/\.\w+$/, '')}-${code}${code.startsWith('w3') ? '.exe' : ''}`);
  const flags = ['-O2', '-Wall', '-Werror', `-I${join(root, 'fixtures', 'programs')}`, ...(options.flags ?? [])];
  await compile({ platform: code, sources: [join(root, 'test', 'guests', 'sources', name)], output, ...options, flags });
  return output;
}
