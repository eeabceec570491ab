/** `mpsemu platforms`: the platform table. */
import { platforms } from '../platforms/codes.js';
import { parseOptions } from './options.js';
import { table } from './table.js';
import { print } from './output-file.js';

const help = `usage: mpsemu platforms [--json]

The platforms: code, OS, CPU, compiler, ABI, page size, red zone, how a thread is suspended,
and what a suspended thread's context holds (that, and the stack, is what the MPS scans).
`;

export function main(args: string[]): number {
  const { values } = parseOptions('platforms', args, { json: { type: 'boolean' } }, false);
  if (values.help) print(help);
  else if (values.json) print(`${JSON.stringify({ platforms }, null, 2)}\n`);
  else {
    const rows = platforms.map((p) => [
      p.code,
      p.os,
      p.cpu,
      p.compiler,
      p.abi,
      String(p.pageSize),
      String(p.redZone),
      p.suspension,
      p.contextHolds,
    ]);
    print(table(['code', 'os', 'cpu', 'compiler', 'abi', 'page', 'red zone', 'suspension', 'a suspended context holds'], rows));
  }
  return 0;
}
