/** Profiles: nothing is lost, shares are what they must be, and a run is the same with a profile as without. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Profiler } from '../../../instruments/profile/profiler.js';
import { speedscopeFile } from '../../../instruments/profile/speedscope.js';
import { reportOf, type Report } from '../../../machine/report.js';
import { startMachine } from '../../../machine/machine.js';
import { platforms } from '../../../platforms/codes.js';
import { compile } from '../../../platforms/toolchain/cc.js';
import { fixturePath, root } from '../../guests/harness.js';
import { missingToolchain, needing } from '../../needs.js';
import { there } from '../../there.js';

const work = mkdtempSync(join(tmpdir(), 'profiles-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

interface Run {
  report: Report;
  stdout: string;
  perThread: number[];
  profiler: Profiler | undefined;
}

function run(path: string, code: string, interval: number | undefined): Run {
  const out: Uint8Array[] = [];
  const machine = startMachine({
    path,
    bytes: readFileSync(path),
    code,
    argv: [path],
    env: [],
    seed: 3,
    variety: 'hot',
    scan: [],
    quirks: [],
    directories: [],
    output: (_stream, bytes) => void out.push(bytes.slice()),
    input: () => new Uint8Array(0),
  });
  const { process } = machine;
  const perThread: number[] = [];
  const note = ({ id, instructions }: { id: number; instructions: number }): void => void (perThread[id - 1] = instructions);
  process.threadTable.onGone.push(note);
  const profiler = interval === undefined ? undefined : new Profiler(process, interval);
  process.run();
  machine.finish();
  profiler?.finish();
  const report = reportOf(machine);
  process.threads.forEach(note);
  process.close();
  return { report, stdout: Buffer.concat(out).toString(), perThread, profiler };
}

/** Instructions by function: its own, and with what it calls. */
function shares({ functions, threads }: Profiler): { own: Map<string, number>; total: Map<string, number> } {
  const [own, total] = [new Map<string, number>(), new Map<string, number>()];
  const add = (to: Map<string, number>, index: number, count: number): void => {
    const name = functions[index].name.replace(/.*!/, '');
    to.set(name, (to.get(name) ?? 0) + count);
  };
  for (const { stack, instructions } of threads.flatMap((thread) => thread.runs)) {
    add(own, stack[stack.length - 1], instructions);
    for (const index of new Set(stack)) add(total, index, instructions);
  }
  return { own, total };
}

for (const code of ['w3i6mv', 'lii3gc', 'lia6ll', 'fri3ll', 'xca6ll']) {
  test(`${code}: all instructions of each thread are in the profile, and it changes nothing`, (t) => {
    const path = fixturePath(code, 'threads');
    const plain = run(path, code, undefined);
    const { report, stdout, perThread, profiler } = run(path, code, 1000);
    t.deepEqual(report, plain.report);
    t.is(stdout, plain.stdout);
    const sums = there(profiler).threads.map((thread) => thread.runs.reduce((sum, each) => sum + each.instructions, 0));
    t.deepEqual(sums, perThread);
    t.is(
      sums.reduce((a, b) => a + b),
      report.instructions,
    );
    t.true(there(shares(there(profiler)).own.get('verify')) > 100_000);
  });
}

for (const { code } of platforms) {
  needing(missingToolchain(code))(`${code}: known shares`, async (t) => {
    const path = join(work, code);
    const source = join(root, 'test', 'instruments', 'profile', 'proportions.c');
    await compile({ platform: code, sources: [source], output: path, flags: ['-O1', '-fno-optimize-sibling-calls', '-g'] });
    const { profiler } = run(path, code, 100);
    const { own, total } = shares(there(profiler));
    const near = (actual: number | undefined, expected: number, what: string): void =>
      void t.true(actual !== undefined && Math.abs(actual - expected) <= 0.005 * expected, `${what}: ${actual}, not ${expected}`);
    near(own.get('long_loop'), 600_000, 'long_loop');
    near(own.get('short_loop'), 400_000, 'short_loop');
    near(total.get('both'), 800_000, 'both and what it calls');
    near(total.get('main'), 1_000_000, 'main and what it calls');
    const file = speedscopeFile('proportions', there(profiler).functions, there(profiler).threads);
    const frame = file.shared.frames.find((each) => each.name === `${code}!long_loop`);
    t.is(frame?.file, 'test/instruments/profile/proportions.c');
    t.is(file.profiles.length, 1);
    const [{ samples, weights, endValue }] = file.profiles;
    t.is(samples.length, weights.length);
    t.is(
      weights.reduce((a, b) => a + b),
      endValue,
    );
    t.true(samples.every((stack) => stack.every((index) => index < file.shared.frames.length)));
  });
}

needing(missingToolchain('lii6ll'))('stops at every unit of time count exactly', async (t) => {
  const path = join(work, 'exact');
  await compile({
    platform: 'lii6ll',
    sources: [join(root, 'test', 'instruments', 'profile', 'proportions.c')],
    output: path,
    flags: ['-O1', '-fno-optimize-sibling-calls'],
  });
  // mov n, 300000; two instructions a turn; ret.
  t.is(shares(there(run(path, 'lii6ll', 1).profiler)).own.get('long_loop'), 1 + 2 * 300_000 + 1);
});
