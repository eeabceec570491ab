/** `mpsemu bench`: runs the benchmarks, which live in bench/, in a process of their own. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../platforms/toolchain/paths.js';
import { usageError } from './exit-status.js';
import { parseOptions } from './options.js';
import { print } from './output-file.js';

const help = `usage: mpsemu bench [--json] [NAME...]

Measure speed against a bare CPU loop over the same Unicorn, and the costs of steps, host calls, callbacks,
barrier faults, moved objects, calls of the MPS and start-up: all rows, or those named (\`speed\` names speed/ia32
and its like). Each row is measured several times in turn with its baseline: median [least .. greatest].
--json: {"results": [{"name", "unit", "value", "baseline"?, "ratio"?, "spread"}]}.
`;

export function main(args: string[]): number {
  const { values, positionals } = parseOptions('bench', args, { json: { type: 'boolean' } });
  if (values.help) {
    print(help);
    return 0;
  }
  const program = join(projectRoot(), 'dist', 'bench', 'main.js');
  if (!existsSync(program)) throw usageError("bench: the benchmarks need a checkout of the sources, and 'make build' in it");
  const { status } = spawnSync(process.execPath, [program, ...(values.json ? ['--json'] : []), '--', ...positionals], { stdio: 'inherit' });
  return status ?? 1;
}
