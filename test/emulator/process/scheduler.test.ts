/** The scheduler: a seed decides everything, or a script does; waits, deadlock and virtual time. */
import test from 'ava';
import { hostFunction, type HostFunction } from '../../../emulator/process/host-call.js';
import type { Decision } from '../../../emulator/process/scheduler.js';
import { CPUS, Lab, noter } from './lab.js';

function interleaving(cpu: (typeof CPUS)[number], seed: number): string {
  const lab = new Lab(cpu, [], { seed });
  for (const value of [1, 2, 3]) lab.thread(noter(lab, value), 2000);
  lab.run();
  return lab.log.join('');
}

for (const cpu of CPUS) {
  test(`${cpu}: the same seed gives the same order, another seed another, and nothing is lost`, (t) => {
    const first = interleaving(cpu, 1);
    t.is(interleaving(cpu, 1), first);
    const others = [2, 3, 4].map((seed) => interleaving(cpu, seed));
    t.is(new Set([first, ...others]).size, 4);
    for (const order of [first, ...others]) {
      for (const value of '123') t.is([...order].filter((c) => c === value).length, 2000);
      t.true(/12|13|21|23|31|32/.test(order.slice(0, -2000)), 'threads alternate before the first has ended');
    }
  });

  test(`${cpu}: a script runs thread 2 to an address, then thread 1 for three instructions`, (t) => {
    const lab = new Lab(cpu);
    const entry = lab.code({
      x86: 'nop; nop; nop; nop; nop; nop; nop; nop; ret',
      arm64: 'nop; nop; nop; nop; nop; nop; nop; nop; ret',
    });
    const width = cpu === 'arm64' ? 4 : 1;
    const [one, two] = [lab.thread(entry), lab.thread(entry)];
    const seen: number[][] = [];
    const script: Decision[] = [
      { thread: 2, address: entry + 5 * width },
      { thread: 1, instructions: 3 },
      { thread: 2, instructions: 1 },
    ];
    lab.process.scheduler.script = () => {
      const pcs = [one, two].map((thread) => (lab.register(thread, cpu === 'arm64' ? 'pc' : 'rip') - entry) / width);
      seen.push([...pcs, one.instructions, two.instructions]);
      return script.shift();
    };
    t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
    t.deepEqual(seen, [
      [0, 0, 0, 0],
      [0, 5, 0, 5],
      [3, 5, 3, 5],
      [3, 6, 3, 6],
    ]);
  });
}

test('a script that starts at its own breakpoint leaves it, comes round and stops again', (t) => {
  const lab = new Lab('x86-64');
  const entry = lab.code({ x86: 'mov ecx, 3; again: dec ecx; jnz again; ret' });
  const thread = lab.thread(entry);
  const counts: number[] = [];
  const script: Decision[] = Array.from({ length: 3 }, () => ({ thread: 1, address: entry + 5 }));
  lab.process.scheduler.script = () => {
    counts.push(thread.instructions);
    return script.shift();
  };
  lab.run();
  t.deepEqual(counts, [0, 1, 3, 5]);
});

test('a script that names a thread which cannot run says so', (t) => {
  const lab = new Lab('x86-64');
  const thread = lab.thread(lab.code({ x86: 'ret' }));
  lab.process.scheduler.script = () => ({ thread: 7, instructions: 1 });
  t.throws(() => lab.process.run(), { message: /names thread 7, which does not exist/ });
  thread.suspendCount = 1;
  lab.process.scheduler.script = () => ({ thread: 1, instructions: 1 });
  t.throws(() => lab.process.run(), { message: /runs thread 1, which is suspended/ });
  lab.process.close();
});

/** wait(n): blocks until signal(n) was called; each call tells how often it was tried. */
function waits(lab: () => Lab, set: Set<number>): HostFunction[] {
  return [
    hostFunction('wait', 'v(z)', (call, n) => {
      const state = call.attempt(() => ({ tries: 0 }));
      state.tries++;
      if (!set.has(n)) call.block({ what: `flag ${n}`, ready: () => set.has(n) });
      lab().log.push(`${call.thread.name} ${n} after ${state.tries}`);
    }),
    hostFunction('signal', 'v(z)', (_call, n) => void set.add(n)),
    hostFunction('sleep', 'v(z)', (call, units) => {
      const state = call.attempt(() => ({ until: call.process.clock.now + units }));
      if (call.process.clock.now < state.until) call.block({ what: 'sleep', ready: () => false, deadline: state.until });
      lab().log.push(call.process.clock.now - state.until);
    }),
  ];
}

/** Calls `first`(n) and then `second`(n). */
function caller(lab: Lab, first: string, second: string): number {
  return lab.code({
    ia32: `push ebx; mov ebx, [esp+8]; push ebx; call ${first}; call ${second}; add esp, 4; pop ebx; ret`,
    x64: `push rbx; mov rbx, rdi; call ${first}; mov rdi, rbx; call ${second}; pop rbx; ret`,
    arm64: `stp x30, x19, [sp, #-16]!; mov x19, x0; call ${first}; mov x0, x19; call ${second}; ldp x30, x19, [sp], #16; ret`,
  });
}

for (const cpu of CPUS) {
  test(`${cpu}: a blocked call is tried again when its wait is over, and keeps the state of its attempt`, (t) => {
    for (const seed of [0, 1, 2, 3]) {
      const set = new Set<number>();
      const lab: Lab = new Lab(
        cpu,
        waits(() => lab, set),
        { seed },
      );
      lab.thread(caller(lab, 'wait', 'note'), 7);
      lab.thread(caller(lab, 'note', 'signal'), 7);
      t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
      t.is(lab.log.filter((e) => e === 7).length, 2);
      const order = lab.log.findIndex((e) => typeof e === 'string');
      t.regex(lab.log[order] as string, /^t1 7 after [12]$/);
      t.true(lab.log.indexOf(7) < order, 'thread 2 signals after its note');
    }
  });

  test(`${cpu}: a deadlock names what each thread waits for`, (t) => {
    const lab: Lab = new Lab(
      cpu,
      waits(() => lab, new Set()),
    );
    lab.thread(caller(lab, 'wait', 'signal'), 1);
    lab.thread(caller(lab, 'wait', 'signal'), 2);
    lab.thread(caller(lab, 'note', 'note'), 3);
    t.deepEqual(lab.run(), { kind: 'deadlock', text: 'deadlock: thread 1 waits for flag 1, thread 2 waits for flag 2' });
  });

  test(`${cpu}: a sleep alone ends exactly at its virtual time, and costs no instructions`, (t) => {
    const lab: Lab = new Lab(
      cpu,
      waits(() => lab, new Set()),
    );
    lab.thread(caller(lab, 'sleep', 'note'), 123_456_789);
    t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
    t.is(lab.log[1], 123_456_789);
    t.true((lab.log[0] as number) >= 0 && (lab.log[0] as number) <= 50, 'its own second try is all that passes');
    t.true(lab.process.instructions < 40);
    t.true(lab.process.clock.now < 123_456_789 + 1000);
  });
}

test('the thread that waits does not hold up one that runs, and wakes within a bounded time', (t) => {
  const lab: Lab = new Lab(
    'x86-64',
    waits(() => lab, new Set()),
  );
  lab.thread(caller(lab, 'sleep', 'note'), 30_000);
  lab.thread(noter(lab, 1), 5000);
  lab.run();
  const woke = lab.log.indexOf(30_000);
  t.true(woke > 100 && woke < 4900, 'in the midst of the other');
  const late = lab.log.find((e) => typeof e === 'number' && e !== 1 && e !== 30_000) as number;
  t.true(late < 100_000);
});
