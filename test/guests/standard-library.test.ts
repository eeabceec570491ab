/** What C11's library has beside the best-known functions, compiled for every platform, does what it does natively. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platforms } from '../../platforms/codes.js';
import { missingToolchain, needing } from '../needs.js';
import { compileOracle, missingOracle } from '../oracle.js';
import { compileSource } from './compile.js';
import { root, runProgram } from './harness.js';

/** The same on every platform: this machine's own library says what it is. */
function native(name: string): { stdout: string; status: number | null } {
  const directory = mkdtempSync(join(tmpdir(), 'standard-'));
  try {
    const program = join(directory, 'program');
    compileOracle('lii6gc', [join(root, 'test', 'guests', 'sources', name)], program);
    const { stdout, status } = spawnSync(program, { encoding: 'utf8', env: {} });
    return { stdout, status };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

for (const name of ['wide.c', 'quick.c']) {
  let expected: ReturnType<typeof native> | undefined;
  for (const { code } of platforms) {
    needing(missingToolchain(code) ?? missingOracle('lii6gc'))(`${code}: ${name}`, async (t) => {
      expected ??= native(name);
      const path = await compileSource(code, name);
      const { status, stdout, stderr } = runProgram(path, code);
      t.is(stderr, '');
      t.deepEqual(status, { kind: 'exit', code: expected.status });
      t.deepEqual(stdout.replaceAll('\r\n', '\n').split('\n'), expected.stdout.split('\n'));
    });
  }
}
