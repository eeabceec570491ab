/**
 * Programs gone wild (wild-calls.ts): whatever is passed to the host functions of the C library, the system and the MPS,
 * and to the system itself, the run ends in a documented way. `SOAK`: many more.
 */
import test from 'ava';
import { wildRun, type Ended } from './wild-calls.js';

const runs = process.env.SOAK ? 300 : 3;

/** One of each operating system and CPU. */
for (const code of ['w3i3mv', 'w3i6mv', 'lii3gc', 'lii6ll', 'lia6ll', 'fri3gc', 'fri6ll', 'xci6ll', 'xca6ll']) {
  test.serial(`wild arguments on ${code}`, (t) => {
    const ended: Ended = new Map();
    let calls = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const result = wildRun(code, seed, ended);
      calls += result.calls;
      t.true(result.slowest < 20, `seed ${seed}: ${result.slowestCall} took ${result.slowest} s of CPU time`);
    }
    t.log(`${calls} calls`);
    t.true(calls > 20 * runs, 'they got somewhere');
    t.true(process.memoryUsage.rss() < 3e9);
  });
}
