/** Start-up time and peak memory of `mpsemu run` on the smallest program, beside a bare `node -e 0` in the same run. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../platforms/toolchain/paths.js';
import type { BenchResult } from './engine.js';

const ROUNDS = 7;

/** Median seconds of a command, and the largest resident set in MB that the kernel saw. */
function measure(args: string[]): { seconds: number; megabytes: number } {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const before = process.hrtime.bigint();
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
    times.push(Number(process.hrtime.bigint() - before) / 1e9);
  }
  const probe = fileURLToPath(new URL('./resident-set.js', import.meta.url));
  const { stdout } = spawnSync(process.execPath, ['--import', probe, ...args], {
    encoding: 'utf8',
    env: { ...process.env, MPSEMU_RESIDENT_SET: '1' },
  });
  const kilobytes = Number(/resident-set-kb=(\d+)/.exec(stdout)?.[1] ?? NaN);
  return { seconds: times.sort((a, b) => a - b)[ROUNDS >> 1], megabytes: kilobytes / 1024 };
}

export function commandResults(): BenchResult[] {
  const root = projectRoot();
  const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
  const hello = join(root, 'fixtures', 'built', 'lii6ll', 'hello');
  if (!existsSync(hello)) throw new Error(`${hello} is not built`);
  const bare = measure(['-e', '0']);
  const run = measure([main, 'run', hello]);
  return [
    { name: 'startup', unit: 's', value: run.seconds, baseline: bare.seconds, ratio: run.seconds / bare.seconds },
    { name: 'peak-memory', unit: 'MB', value: run.megabytes, baseline: bare.megabytes, ratio: run.megabytes / bare.megabytes },
  ];
}
