/** Keyword argument lists: what is taken leaves, what is not stays in order. */
import test from 'ava';
import fc from 'fast-check';
import { GuestArgs, ValueArgs } from '../../../mps/client/args.js';
import { GuestFault } from '../../../platforms/port.js';
import { KeyTable, keyFields, type KeyName } from '../../../mps/client/keys.js';
import { platform } from '../../../platforms/codes.js';
import { layoutsFor } from '../../../mps/client/layouts.js';
import { platforms } from '../../../platforms/codes.js';
import { FakeMemory } from './fake-port.js';
import { there } from '../../there.js';

const KEYS = 0x10000;
const UNKNOWN = 0x1f000;
const LIST = 0x20000;

/** Memory with the key objects of a guest library. */
function memoryWithKeys(wordSize: 4 | 8): { memory: FakeMemory; address: Map<string, number> } {
  const memory = new FakeMemory(wordSize, undefined, 1 << 20);
  const address = new Map<string, number>();
  let at = KEYS;
  let text = 0x18000;
  for (const name of [...Object.keys(keyFields), 'SOMEBODY_ELSES']) {
    const bytes = Buffer.from(`${name}\0`);
    memory.write(text, bytes);
    memory.setWord(at, 0x519a44ee);
    memory.setWord(at + wordSize, text);
    address.set(name, at);
    at += 3 * wordSize;
    text += bytes.length;
  }
  return { memory, address };
}

for (const platform of platforms) {
  const layouts = layoutsFor(platform);
  const { memory, address } = memoryWithKeys(platform.wordSize);
  const put = (list: [number, number][]): void => {
    list.forEach(([key, value], i) => {
      memory.setWord(LIST + i * layouts.arg.size, key);
      memory.setWord(LIST + i * layouts.arg.size + layouts.arg.val, value);
    });
  };
  const list = (n: number): [number, number][] =>
    Array.from({ length: n }, (_, i) => [
      memory.word(LIST + i * layouts.arg.size),
      memory.word(LIST + i * layouts.arg.size + layouts.arg.val),
    ]);

  test(`${platform.code}: an argument taken closes its gap, the terminator moves down`, (t) => {
    const end = there(address.get('ARGS_END'));
    put([
      [there(address.get('SOMEBODY_ELSES')), 1],
      [there(address.get('FORMAT')), 0x1234],
      [UNKNOWN, 3],
      [there(address.get('FORMAT')), 4],
      [end, 0],
    ]);
    const args = new GuestArgs(memory, layouts, new KeyTable(), LIST);
    t.is(args.take('CHAIN'), undefined);
    t.is(args.take('FORMAT'), 0x1234);
    t.deepEqual(
      list(4).map(([key]) => key),
      [there(address.get('SOMEBODY_ELSES')), UNKNOWN, there(address.get('FORMAT')), end],
    );
    t.is(args.take('FORMAT'), 4, 'a repeated key: the later one remained');
    t.deepEqual(list(2), [
      [there(address.get('SOMEBODY_ELSES')), 1],
      [UNKNOWN, 3],
    ]);
    t.is(list(3)[2][0], end);
  });
}

test('a double is read as a double', (t) => {
  for (const code of ['w3i3mv', 'lii3gc', 'lii6gc']) {
    const platform = there(platforms.find((p) => p.code === code));
    const layouts = layoutsFor(platform);
    const { memory, address } = memoryWithKeys(platform.wordSize);
    memory.setWord(LIST, there(address.get('PAUSE_TIME')));
    memory.setF64(LIST + layouts.arg.val, 0.25);
    memory.setWord(LIST + layouts.arg.size, there(address.get('ARGS_END')));
    t.is(new GuestArgs(memory, layouts, new KeyTable(), LIST).take('PAUSE_TIME'), 0.25);
  }
});

test('a list that never ends is followed to the end of memory', (t) => {
  const layouts = layoutsFor(there(platform('lii6gc')));
  const { memory } = memoryWithKeys(8);
  t.throws(() => new GuestArgs(memory, layouts, new KeyTable(), LIST), { instanceOf: GuestFault });
  let work = 0;
  t.throws(() => new GuestArgs(memory, layouts, new KeyTable(), LIST, (units) => (work += units)), { instanceOf: GuestFault });
  t.true(work > 0);
});

test('whatever is taken in whatever order, the others keep theirs', (t) => {
  const layouts = layoutsFor(there(platform('lii6gc')));
  const { memory, address } = memoryWithKeys(8);
  const names = (Object.keys(keyFields) as KeyName[]).filter(
    (name) => name !== 'ARGS_END' && keyFields[name] !== 'd' && keyFields[name] !== 'b',
  );
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...names), { maxLength: 20 }),
      fc.array(fc.constantFrom(...names), { maxLength: 20 }),
      (given, taken) => {
        [...given.map((name) => there(address.get(name))), there(address.get('ARGS_END'))].forEach((key, i) => {
          memory.setWord(LIST + i * 16, key);
          memory.setWord(LIST + i * 16 + 8, i + 1);
        });
        const args = new GuestArgs(memory, layouts, new KeyTable(), LIST);
        const model = given.map((name, i) => ({ name, value: i + 1 }));
        for (const name of taken) {
          const at = model.findIndex((a) => a.name === name);
          const expected = at < 0 ? undefined : model.splice(at, 1)[0].value;
          if (args.take(name) !== expected) return false;
        }
        return model.every((a, i) => memory.word(LIST + i * 16) === address.get(a.name) && memory.word(LIST + i * 16 + 8) === a.value);
      },
    ),
  );
  t.pass();
});

test('positional arguments become a list', (t) => {
  const args = new ValueArgs({ EXTEND_BY: 65536, SPARE: 0.5 });
  t.is(args.take('SPARE'), 0.5);
  t.is(args.take('SPARE'), undefined);
  t.is(args.take('EXTEND_BY'), 65536);
});
