/** Runs built fixtures (or any program file) in this process and gathers what they did. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventName, MachineEvent } from '../../emulator/events.js';
import type { ExitStatus } from '../../emulator/process/os-model.js';
import { startMachine, type Machine, type MachineOptions } from '../../machine/machine.js';
import { projectRoot } from '../../platforms/boot/boot.js';

export const root = projectRoot();

export interface Outcome {
  status: ExitStatus;
  stdout: string;
  stderr: string;
  events: MachineEvent[];
  machine: Machine;
}

export interface RunOptions extends Partial<Omit<MachineOptions, 'path' | 'bytes' | 'argv' | 'output' | 'listen'>> {
  args?: string[];
  /** Keep events of these kinds (all of them when empty). */
  events?: EventName[];
  /** Sees every event and keeps none. */
  watch?: (event: MachineEvent) => void;
  before?: (machine: Machine) => void;
}

export function fixturePath(code: string, name: string): string {
  return join(root, 'fixtures', 'built', code, name + (code.startsWith('w3') ? '.exe' : ''));
}

export function runProgram(path: string, code: string, options: RunOptions = {}): Outcome {
  const { args = [], events: kinds, watch, before, ...rest } = options;
  const events: MachineEvent[] = [];
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  const machine = startMachine({
    env: [],
    seed: 0,
    variety: 'cool',
    scan: [],
    quirks: [],
    directories: [],
    budget: 2_000_000_000,
    input: () => new Uint8Array(0),
    ...rest,
    code,
    path,
    bytes: readFileSync(path),
    argv: [path, ...args],
    output: (stream, bytes) => void (stream === 1 ? out : err).push(bytes.slice()),
    ...((kinds ?? watch) && {
      listen: (stream) =>
        void stream.listen((event) => {
          watch?.(event);
          if (kinds && (kinds.length === 0 || kinds.includes(event.event))) events.push(event);
        }),
    }),
  });
  before?.(machine);
  const status = machine.process.run();
  machine.finish();
  machine.process.close();
  return { status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), events, machine };
}

export function runFixture(code: string, name: string, options: RunOptions = {}): Outcome {
  return runProgram(fixturePath(code, name), code, options);
}
