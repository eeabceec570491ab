/** Formats that lack a method or have a useless one: a collection that can't make progress comes to an end all the same. */
import { missingToolchain, needing } from '../needs.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';

const codes = ['w3i3mv', 'w3i6mv', 'lii3gc', 'lii6ll', 'lia6ll', 'fri6ll', 'xci6ll', 'xca6ll'];
/** The collector calls these again and again, and each time an assertion fails. */
const endless = ['scan', 'skip', 'failing', 'stuck'];

for (const code of codes) {
  needing(missingToolchain(code))(
    `${code}: a collection that never succeeds ends with its budget, or after a thousand failed assertions`,
    async (t) => {
      const program = await compileSource(code, 'formats.c');
      const run = (how: string, budget: number) => runProgram(program, code, { args: [how], variety: 'hot', budget });
      t.is(run('nothing', 30_000_000).stdout.trim(), 'ended');
      for (const how of endless) {
        const { status, stderr } = run(how, 60_000_000);
        t.true(status.kind === 'signal' && status.signal === 6, `${how}: ${JSON.stringify(status)}`);
        t.is(stderr.split('MPS ASSERTION FAILED').length - 1, 1000, how);
        // Building the heap takes less than two million instructions; each failure is work of 10,000 units.
        const early = run(how, 5_000_000);
        t.deepEqual(early.status, { kind: 'budget' }, how);
        t.true(early.machine.process.instructions < 5_000_000, how);
        t.true(early.machine.process.clock.counted > 0, how);
      }
      for (const how of ['fwd', 'isfwd', 'pad', 'buffer']) {
        const { status } = run(how, 30_000_000);
        t.true(['exit', 'signal', 'budget'].includes(status.kind), `${how}: ${JSON.stringify(status)}`);
      }
    },
  );
}
