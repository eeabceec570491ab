/** How a program dies: what is said of it, the instruction and the calls. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { crashReport } from '../../machine/crash-report.js';
import { startMachine, type MachineOptions } from '../../machine/machine.js';

export async function death(path: string, code: string, options: Partial<MachineOptions> = {}): Promise<string[]> {
  const machine = startMachine({
    path,
    bytes: readFileSync(path),
    code,
    env: [],
    seed: 0,
    budget: 100_000_000,
    variety: 'cool',
    scan: [],
    quirks: [],
    directories: [],
    output: () => undefined,
    input: () => new Uint8Array(0),
    ...options,
    argv: [basename(path), ...(options.argv ?? [])],
  });
  const status = machine.process.run();
  const more = await crashReport(machine.process);
  machine.process.close();
  return ['text' in status ? status.text : status.kind, ...more];
}
