/** Barriers through the whole of Windows and the MPS: old objects read and written while collections are under way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../../platforms/toolchain/cc.js';
import { runProgram } from '../../guests/harness.js';
import { codes, missing, root } from './guest.js';
import { needing } from '../../needs.js';

const work = mkdtempSync(join(tmpdir(), 'windows-barriers-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

for (const code of codes) {
  const title = `${code}: every barrier hit is a read or write violation that the vectored handler takes; without barriers stores are lost`;
  needing(missing)(title, async (t) => {
    const output = join(work, `${code}.exe`);
    const source = join(root, 'test', 'platforms', 'windows', 'guests', 'barriers.c');
    await compile({ platform: code, sources: [source], output, flags: ['-O1', `-I${join(root, 'fixtures', 'programs')}`] });

    const whole = runProgram(output, code, { events: ['barrier', 'exception'] });
    t.regex(whole.stdout, /PASS/);
    t.deepEqual(whole.status, { kind: 'exit', code: 0 });
    const barriers = whole.events.filter((event) => event.event === 'barrier');
    const exceptions = whole.events.filter((event) => event.event === 'exception');
    t.is(barriers.length, exceptions.length);
    t.is(whole.machine.mps.report().barrierFaults, barriers.length);
    // Windows tells reads from writes, which the POSIX systems do not: both kinds come.
    const modes = new Set(barriers.map((event) => event.mode));
    t.deepEqual([...modes].sort(), [1, 3]);

    const without = runProgram(output, code, { testHooks: { noBarriers: true } });
    t.notRegex(without.stdout, /PASS/);
    t.notDeepEqual(without.status, { kind: 'exit', code: 0 });
  });
}
