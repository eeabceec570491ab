/** `mpsemu bench`: runs the benchmarks, which live in bench/, in a process of their own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseOptions } from './options.js';

const help = `usage: mpsemu bench [--json]

Measure speed against a bare CPU loop over the same Unicorn in the same run, and the costs of
steps, host calls, callbacks, barrier faults and start-up. --json: {"results": [{"name", "unit",
"value", "baseline"?, "ratio"?}]}.
`;

export function main(args: string[]): number {
  const { values } = parseOptions('bench', args, { json: { type: 'boolean' } }, false);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const program = fileURLToPath(new URL('../bench/main.js', import.meta.url));
  const { status } = spawnSync(process.execPath, [program, ...(values.json ? ['--json'] : [])], { stdio: 'inherit' });
  return status ?? 1;
}
