/** Many of one thing at once, on every platform; bench/growth.ts measures what one more of them costs. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { runFixture } from './harness.js';

const counts: Record<string, number> = { arenas: 20, mappings: 400, threads: 100, blocks: 500 };

for (const { code } of platforms) {
  test.serial(`many arenas, mappings, threads and blocks on ${code}`, (t) => {
    for (const [kind, count] of Object.entries(counts)) {
      const { status, stdout } = runFixture(code, 'growth', { args: [kind, String(count)] });
      t.is(stdout.trim(), `growth: ${kind} ${count} PASS`);
      t.deepEqual(status, { kind: 'exit', code: 0 });
    }
  });
}
