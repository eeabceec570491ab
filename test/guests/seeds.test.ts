/**
 * Determinism and interleaving: the same seed gives the same events to the last byte, other seeds other
 * schedules, and whatever the schedule, no object is lost. With SOAK set, a hundred seeds of `threads` on
 * each OS and CPU.
 */
import { createHash } from 'node:crypto';
import test from 'ava';
import { demoPrograms } from '../../cli/demo-programs.js';
import type { MachineEvent } from '../../emulator/events.js';
import { platforms } from '../../platforms/codes.js';
import { fixturePath, runFixture, runProgram } from './harness.js';
import { there } from '../there.js';

const threads = there(demoPrograms.find((program) => program.name === 'threads'));
const seeds = process.env.SOAK ? 100 : 4;
/** One code for each OS and CPU: the compilers' other rows run the same schedules. */
const pairs = platforms.filter((p, i) => platforms.findIndex((q) => q.os === p.os && q.cpu === p.cpu) === i);

/** An event as text; words are bigints, which JSON has not. */
const textOf = (event: MachineEvent): string =>
  JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

interface Trace {
  digest: string;
  /** What runs when. */
  schedule: string;
  events: number;
  result: string | undefined;
  stdout: string;
}

function trace(code: string, seed: number): Trace {
  const all = createHash('sha256');
  const schedule = createHash('sha256');
  let events = 0;
  const { stdout } = runProgram(fixturePath(code, 'threads'), code, {
    seed,
    watch: (event) => {
      const line = `${textOf(event)}\n`;
      events++;
      all.update(line);
      if (event.event === 'switch') schedule.update(line);
    },
  });
  return { digest: all.digest('hex'), schedule: schedule.digest('hex'), events, result: threads.resultOf(stdout), stdout };
}

for (const { code } of pairs) {
  test.serial(`threads on ${code}: the same seed gives the same events, another seed another schedule and the same result`, (t) => {
    const first = trace(code, 0);
    t.true(first.events > 1000);
    t.is(first.result, threads.expected(), first.stdout);
    t.deepEqual(trace(code, 0), first);
    const schedules = new Set([first.schedule]);
    for (let seed = 1; seed < seeds; seed++) {
      const other = trace(code, seed);
      t.is(other.result, threads.expected(), `seed ${seed}: ${other.stdout}`);
      t.is(other.stdout, first.stdout);
      schedules.add(other.schedule);
    }
    t.is(schedules.size, seeds);
  });
}

for (const code of ['w3i6mv', 'lii3gc', 'fri6ll', 'xca6ll']) {
  test.serial(`barriers on ${code}: the same events twice`, (t) => {
    const digests = [1, 2].map(() => {
      const hash = createHash('sha256');
      const { status } = runFixture(code, 'barriers', { watch: (event) => void hash.update(textOf(event)) });
      t.deepEqual(status, { kind: 'exit', code: 0 });
      return hash.digest('hex');
    });
    t.is(digests[0], digests[1]);
  });
}

test('listening changes nothing', (t) => {
  for (const code of ['w3i3mv', 'lia6ll', 'xci6ll']) {
    const [silent, heard] = [{}, { watch: () => {} }].map(
      (options) => runFixture(code, 'threads', { seed: 5, ...options }).machine.process,
    );
    t.is(heard.instructions, silent.instructions);
    t.is(heard.clock.now, silent.clock.now);
  }
});
