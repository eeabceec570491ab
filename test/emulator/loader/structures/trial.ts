/** One damaged image, loaded and run: how it ended, and what that took of the host. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadError } from '../../../../emulator/loader/image.js';
import { startMachine } from '../../../../machine/machine.js';
import type { Original } from './originals.js';

export const BUDGET = 20_000;
export const MEMORY = 64 << 20;

export interface Ending {
  kind: 'refused' | 'exit' | 'signal' | 'budget' | 'deadlock' | 'unsupported' | 'error' | 'interrupted';
  /** Of a refusal. */
  message: string;
  /** CPU time of this process, which a loaded machine doesn't lengthen much. */
  seconds: number;
  /** Bytes held for the guest at most. */
  held: number;
  /** Of guest instructions and of work done for them. */
  units: number;
}

const folder = mkdtempSync(join(tmpdir(), 'mpsemu-structures-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Puts the files where the loader looks for them, once for an original. */
function prepare({ name, library, beside }: Original): string {
  const directory = join(folder, name.replace(/\W/g, '_'));
  mkdirSync(directory, { recursive: true });
  if (beside) writeFileSync(join(directory, beside.name), beside.bytes);
  return join(directory, library ? 'program' : 'damaged');
}

/** `log`: where the image is left, in case this does not come back. */
export function trial(original: Original, bytes: Uint8Array, log: string): Ending {
  const { code, library } = original;
  const path = prepare(original);
  if (library) writeFileSync(join(path, '..', library.name), bytes);
  writeFileSync(log, bytes);
  const began = process.cpuUsage();
  const seconds = (): number => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6;
  };
  let machine;
  try {
    machine = startMachine({
      code,
      path,
      bytes: library ? library.program : bytes,
      argv: ['damaged'],
      env: [],
      seed: 0,
      variety: 'hot',
      scan: [],
      quirks: [],
      directories: [],
      budget: BUDGET,
      memory: MEMORY,
      input: () => new Uint8Array(0),
      output: () => {},
    });
  } catch (error) {
    if (error instanceof LoadError) return { kind: 'refused', message: error.message, seconds: seconds(), held: 0, units: 0 };
    throw error;
  }
  const guest = machine.process;
  try {
    const { kind } = guest.run();
    machine.finish();
    return { kind, message: '', seconds: seconds(), held: guest.engine.peakResidentBytes, units: guest.clock.counted };
  } finally {
    guest.close();
  }
}
