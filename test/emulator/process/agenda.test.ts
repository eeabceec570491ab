/** Moments of virtual time: timers by either clock, stops, and whose time it was. */
import test from 'ava';
import { Agenda } from '../../../emulator/process/agenda.js';
import { VirtualClock } from '../../../emulator/process/clock.js';
import { Thread } from '../../../emulator/process/thread.js';
import { Turns } from '../../../emulator/process/turns.js';

test('a timer by the CPU time of the process stands still while nobody runs', (t) => {
  const clock = new VirtualClock();
  const agenda = new Agenda(clock);
  const rang: string[] = [];
  agenda.alarms.set('real', 100, () => rang.push('real'));
  agenda.busyAlarms.set('busy', 100, () => rang.push('busy'));
  clock.now = 60;
  t.is(agenda.untilAlarm, 40);
  clock.idleUntil(110);
  agenda.runAlarms();
  t.deepEqual(rang, ['real']);
  t.is(agenda.untilAlarm, 40, 'until the one that goes by CPU time');
  clock.now += 40;
  agenda.runAlarms();
  t.deepEqual(rang, ['real', 'busy']);
  t.is(agenda.untilAlarm, Infinity);
});

test('a stop comes once, at its moment, and may set the next', (t) => {
  const clock = new VirtualClock();
  const agenda = new Agenda(clock);
  const came: number[] = [];
  t.is(agenda.untilStop, Infinity);
  agenda.stop = {
    at: 10,
    action: () => {
      came.push(clock.now);
      if (came.length === 1) agenda.stop = { at: 15, action: () => came.push(clock.now) };
    },
  };
  for (clock.now = 1; clock.now <= 30; clock.now++) agenda.checkStop();
  t.deepEqual(came, [10, 15]);
});

test('a thread has the time of its turns, of the present one too, and not that of a turn inside it', (t) => {
  const clock = new VirtualClock();
  const turns = new Turns(clock);
  const [a, b] = [1, 2].map((id) => new Thread(id, 'thread', 0, () => undefined));
  turns.take(a);
  clock.now = 10;
  t.deepEqual([turns.busyTime(a), turns.busyTime(b)], [10, 0]);
  const outer = turns.thread;
  turns.take(b);
  clock.now = 15;
  turns.take(outer);
  clock.now = 16;
  t.deepEqual([turns.busyTime(a), turns.busyTime(b)], [11, 5]);
  turns.take(undefined);
  clock.now = 50;
  t.deepEqual([turns.busyTime(a), turns.busyTime(b)], [11, 5]);
  t.is(turns.thread, undefined);
});
