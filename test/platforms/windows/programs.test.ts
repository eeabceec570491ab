/**
 * Programs against our headers and libraries, on both Windows platforms, with the output that Windows' documentation
 * gives each: programs/NAME.c, and what it prints. What Wine can answer for is in test/oracles.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../../platforms/toolchain/cc.js';
import { runProgram } from '../../guests/harness.js';
import { codes, missing, root } from './guest.js';
import { needing } from '../../needs.js';

const scratch = mkdtempSync(join(tmpdir(), 'windows-programs-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

function program(title: string, name: string, expected: string, on = codes): void {
  for (const code of on) {
    needing(missing)(`${code}: ${title}`, async (t) => {
      const output = join(scratch, `${name}-${code}.exe`);
      const source = join(root, 'test', 'platforms', 'windows', 'programs', `${name}.c`);
      await compile({ platform: code, sources: [source], output, flags: ['-O2', '-Wall', '-Werror'], noMps: true });
      const run = runProgram(output, code);
      t.is(run.stdout, expected.trimStart());
      t.deepEqual(run.status, { kind: 'exit', code: 0 });
    });
  }
}

program(
  'a stack overflows once for each guard, wherever the guard has been put back',
  'stack-overflow',
  `
first 1 0 0
limit-after 4096
reset 1
second 2 0 0
reset-again 1
third 3 0 0
guarantee 1
reset-with-guarantee 1
fourth 4 0 0
`,
);

program(
  'longjmp runs the final blocks of the frames that it leaves, also out of handlers and of final blocks',
  'unwinding',
  `
longjmp 5, final blocks 23
longjmp 6, final blocks 0
longjmp 5, final blocks 5
longjmp 8
kept 6
a thousand times
`,
);

program(
  'longjmp comes back into a function that has __try, at its level there',
  'try-jumps',
  `
out of a final block: 2 1 3
out of a filter: 2 1 4
out of a handler: 2 4
two of its own: 1 2 4
of callees: 0 10 11 12 13 7 20
and then an exception: 5 6
out of an asynchronous call: 1 3 2 192
a thousand times
`,
);

program(
  'locks in memory that a handler opens first are taken and given back once',
  'locks-in-protected-memory',
  `
once 1 pending 1 opened 1
complete 1
slept 0 entered 1 opened 1
left: count -1 recursion 0 entered 2
waited: count -1 recursion 0 entered 3
slept 0 entered 1 opened 1
left: count -1 recursion 0 entered 2
waited: count -1 recursion 0 entered 3
`,
);

program(
  'what only a fiber may do, and what no flag allows',
  'fiber-refusals',
  `
not a fiber 0 1281
unknown flag 0 87
unknown flag of a new one 0 87
a fiber 1
twice 0 1280
a fiber no longer 1
`,
);

program(
  'a stack overflow is caught by __except, and again once the guard is back',
  'overflow-caught',
  `
caught 1, reset 1
caught 1, reset 1
caught 1, reset 1
`,
);

program(
  'the thread with the highest priority runs',
  'priorities',
  `
lowest 3, highest 1, normal 2
woken 1, before who wakes it 2
an idle one while another runs: 0
and when that lets it: 1
lowest: 0
background 1, and then 1
priority in it 0
again 0 400
end 1
end again 0 401
of another 0 87
`,
);

program(
  'pages are locked up to the minimum working set, and sections count towards what may be committed',
  'working-set',
  `
get 1 0
50 to 345
lock 1 0
again 1 0
one more 0 1453
unlock 1 0
another 1 0
set 1 0
all of it 1 0
too much 0 1453
decommit 1 0
unlock none 0 158
others 1 0
least above most 0 87
trim 1 0
of a thread 0 6
sections end before 64: 1, 1455
memory beside 0 1455
a reserved one 1 0
its view 1 0
committed 0 1455
after one has gone 1 0
`,
);

program(
  'an exception is unwound through code that the program has made and described',
  'function-tables',
  `
add 1
lookup 1 1
caught
delete 1
delete again 0
`,
  ['w3i6mv'],
);
