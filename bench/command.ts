/** Start-up time and peak memory of `mpsemu run` on the smallest program, beside a bare `node -e 0`. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../platforms/toolchain/paths.js';
import type { Row } from './row.js';

const BARE = ['-e', '0'];

function command(): string[] {
  const main = join(projectRoot(), 'dist', 'cli', 'start.cjs');
  const hello = join(projectRoot(), 'fixtures', 'built', 'lii6ll', 'hello');
  if (!existsSync(hello)) throw new Error(`${hello} is not built`);
  // V8's compiled form of the command is kept by its first run.
  spawnSync(process.execPath, [main, 'run', hello]);
  return [main, 'run', hello];
}

/** Seconds by the clock, as a user waits them. */
function startup(args: string[]): number {
  const before = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  return Number(process.hrtime.bigint() - before) / 1e9;
}

/** The largest resident set in MB that the kernel saw. */
function megabytes(args: string[]): number {
  const probe = fileURLToPath(new URL(`./resident-set${extname(import.meta.url)}`, import.meta.url));
  const { stdout } = spawnSync(process.execPath, ['--import', probe, ...args], {
    encoding: 'utf8',
    env: { ...process.env, MPSEMU_RESIDENT_SET: '1' },
  });
  return Number(/resident-set-kb=(\d+)/.exec(stdout)?.[1] ?? NaN) / 1024;
}

export const commandRows: Row[] = [
  {
    name: 'startup',
    unit: 's',
    goal: '<= 1.5 times bare node',
    open: () => () => ({ value: startup(command()), baseline: startup(BARE) }),
  },
  {
    name: 'peak-memory',
    unit: 'MB',
    goal: '< 200',
    pairs: 3,
    open: () => () => ({ value: megabytes(command()), baseline: megabytes(BARE) }),
  },
];
