/**
 * Objects that move by guest machine code (libmps's _mps_fix2): the client's format methods are called as often as they
 * must be and no more, references come out right, faults in the methods and longjmp out of them work; and somebody who
 * listens to events sees every move and changes nothing.
 */
import { platforms } from '../../platforms/codes.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';
import { missingToolchain, needing } from '../needs.js';

const EVERYWHERE = [
  'each object is moved once',
  'each reference is looked at once',
  'objects are intact',
  'a large object moves whole',
  'a protected table follows what moves',
  'a skip method faults and goes on',
  'a forward method faults and goes on',
  'a pinned object stays',
  'what is around it is intact',
  'a method leaves by longjmp',
];

for (const { code, os } of platforms) {
  const check = needing(missingToolchain(code));
  check(`objects move on ${code} as a client expects`, async (t) => {
    const program = await compileSource(code, 'moving.c');
    const { stdout, status } = runProgram(program, code);
    const wanted = EVERYWHERE.filter((line) => os !== 'windows' || !line.includes('faults'));
    const lines = stdout
      .replaceAll('\r', '')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('moved'));
    t.deepEqual(
      lines,
      wanted.map((line) => `${line}: right`),
    );
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });
}

for (const code of ['lii6ll', 'lii3gc', 'lia6ll', 'w3i6mv', 'w3i3mv', 'xca6ll']) {
  const check = needing(missingToolchain(code));
  check(`moves on ${code} are counted, and seen by who listens, without a trace in the guest`, async (t) => {
    const program = await compileSource(code, 'moving.c');
    const plain = runProgram(program, code, { args: ['counts'], variety: 'hot' });
    const traced = runProgram(program, code, { args: ['counts'], variety: 'hot', events: ['forward', 'trace-start', 'trace-end'] });
    const { process } = plain.machine;
    t.is(traced.machine.process.instructions, process.instructions);
    t.is(traced.machine.process.clock.now, process.clock.now);
    t.is(traced.stdout, plain.stdout);
    // What the client counted is the last collection's.
    const ended = traced.events.filter((e) => e.event === 'trace-end').at(-1);
    const began = traced.events.findLastIndex((e) => e.event === 'trace-start');
    const last = traced.events.slice(began).filter((e) => e.event === 'forward');
    t.is(last.length, 1020);
    t.is(
      ended?.forwarded,
      last.reduce((sum, { size }) => sum + size, 0),
    );
    t.true(/^moved 1020\r?$/m.test(plain.stdout));
    const moves = traced.events.filter((e) => e.event === 'forward');
    t.is(plain.machine.mps.report().objectsMoved, moves.length);
    // Not one object twice, nor two to one place; and by guest code, but for the first into each segment.
    t.is(new Set(last.map(({ from }) => from)).size, 1020);
    t.is(new Set(last.map(({ to }) => to)).size, 1020);
    t.true(process.hostCalls.count < 200, `${process.hostCalls.count} host calls`);
  });
}
