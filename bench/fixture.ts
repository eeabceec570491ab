/** One of the fixture programs on its platform, ready to run for a measurement: no events, no output, the hot variety. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMachine, type Machine } from '../machine/machine.js';
import { projectRoot } from '../platforms/toolchain/paths.js';

export function fixtureMachine(code: string, name: string, ...args: string[]): Machine {
  const path = join(projectRoot(), 'fixtures', 'built', code, code.startsWith('w3') ? `${name}.exe` : name);
  return startMachine({
    path,
    bytes: readFileSync(path),
    code,
    argv: [name, ...args],
    env: [],
    seed: 0,
    quirks: [],
    directories: [],
    output: () => undefined,
    input: () => new Uint8Array(0),
    variety: 'hot',
    scan: [],
  });
}
