/** The allowance of host work: each call that the guest makes has its own, calls that no instruction made share one. */
import test from 'ava';
import { Alarms } from '../../../emulator/process/alarms.js';
import { FREE_UNITS, HOST_CALL_UNITS } from '../../../emulator/process/clock.js';
import { hostFunction, RegistersReplaced } from '../../../emulator/process/host-call.js';
import { CPUS, Lab } from './lab.js';

const BUDGET = 100_000;

for (const cpu of CPUS) {
  test(`${cpu}: a host function that leaves PC at itself, as a context can, uses up the budget`, (t) => {
    let calls = 0;
    const most = (FREE_UNITS + BUDGET) / HOST_CALL_UNITS;
    const again = hostFunction('again', 'v()', () => {
      if (++calls > 2 * most) lab.process.end({ kind: 'error', text: 'it goes on' });
      lab.process.engine.registers.set(lab.process.abi.pc, lab.gate('again'));
      return new RegistersReplaced();
    });
    const lab: Lab = new Lab(cpu, [again], { budget: BUDGET });
    lab.thread(lab.gate('again'));
    t.deepEqual(lab.run(), { kind: 'budget' });
    t.true(calls > most - 10 && calls <= most, String(calls));
  });

  test(`${cpu}: calls by instructions have an allowance each`, (t) => {
    const work = hostFunction('work', 'v()', () => lab.process.clock.advance(FREE_UNITS - 2 * HOST_CALL_UNITS));
    const lab: Lab = new Lab(cpu, [work], { budget: BUDGET });
    lab.thread(
      lab.code({
        ia32: 'call work; call work; call work; ret',
        x64: 'push rbx; call work; call work; call work; pop rbx; ret',
        arm64: 'stp x29, x30, [sp, #-16]!; call work; call work; call work; ldp x29, x30, [sp], #16; ret',
      }),
    );
    t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
    t.is(lab.process.clock.counted, 0);
  });
}

test('an alarm that wakes nobody and sets itself again uses up the budget', (t) => {
  const forever = hostFunction('forever', 'v()', (call) => call.block({ what: 'nothing', on: [], ready: () => false }));
  const lab: Lab = new Lab('x86-64', [forever], { budget: BUDGET });
  let rings = 0;
  const set = (): void =>
    lab.process.agenda.alarms.set('tick', lab.process.clock.now + 1, () => {
      if (++rings > BUDGET) lab.process.end({ kind: 'error', text: 'it goes on' });
      set();
    });
  set();
  lab.thread(lab.gate('forever'));
  t.deepEqual(lab.run(), { kind: 'budget' });
  t.is(lab.process.clock.busy, HOST_CALL_UNITS);
});

test('an alarm that sets itself again for the same moment does not hold up the others', (t) => {
  const alarms = new Alarms();
  const rung: string[] = [];
  const set = (): void => alarms.set('again', 5, () => (rung.push('again'), set()));
  set();
  alarms.set('once', 5, () => rung.push('once'));
  alarms.run(5);
  t.deepEqual(rung, ['again', 'once']);
});
