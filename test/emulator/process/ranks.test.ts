/** Which threads are chosen from where priorities differ: the rule of Windows' dispatcher, with its rescue of those that never run. */
import test from 'ava';
import { Ranks } from '../../../emulator/process/ranks.js';
import type { Context } from '../../../emulator/engine.js';
import { Thread } from '../../../emulator/process/thread.js';

const context = {} as Context;

function thread(id: number, priority: number): Thread {
  const made = new Thread(id, `thread ${id}`, context, () => undefined);
  made.priority = priority;
  return made;
}

test('those with the highest priority, and all of them', (t) => {
  const [low, high, other] = [thread(1, -2), thread(2, 1), thread(3, 1)];
  t.deepEqual(new Ranks().first([low, high, other], 0), [high, other]);
  t.deepEqual(new Ranks().first([low], 0), [low]);
});

test('one that stands back does so once, and not when it is alone', (t) => {
  const [low, high] = [thread(1, -2), thread(2, 1)];
  const ranks = new Ranks();
  ranks.yielding = high;
  t.deepEqual(ranks.first([low, high], 0), [low]);
  t.deepEqual(ranks.first([low, high], 1), [high]);
  ranks.yielding = high;
  t.deepEqual(ranks.first([high], 2), [high]);
});

test('one that could run for four seconds and did not gets a turn', (t) => {
  const [low, high] = [thread(1, -2), thread(2, 1)];
  const ranks = new Ranks();
  t.deepEqual(ranks.first([low, high], 0), [high]);
  t.deepEqual(ranks.first([low, high], 3_999_999_999), [high]);
  t.deepEqual(ranks.first([low, high], 4_000_000_000), [low]);
  t.deepEqual(ranks.first([low, high], 4_000_000_001), [high]);
  t.deepEqual(ranks.first([low, high], 8_000_000_000), [high]);
  t.deepEqual(ranks.first([low, high], 8_000_000_001), [low]);
});

test('time in which it could not run counts for nothing', (t) => {
  const [low, high] = [thread(1, -2), thread(2, 1)];
  const ranks = new Ranks();
  t.deepEqual(ranks.first([low, high], 0), [high]);
  t.deepEqual(ranks.first([high], 1), [high]);
  t.deepEqual(ranks.first([low, high], 5_000_000_000), [high]);
});
