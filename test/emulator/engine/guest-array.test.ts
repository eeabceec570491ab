/** Guest memory as scripts have it: not counted by V8, and readable after its engine was closed. */
import test from 'ava';
import { Access, Prot } from '../../../emulator/engine.js';
import { NativeEngine } from '../../../emulator/native-engine.js';

const MIB = 1 << 20;
const ADDRESS = 0x10000;

test('four gigabytes of guest memory are no reason for V8 to collect', (t) => {
  const before = process.memoryUsage().external;
  const engine = new NativeEngine({ cpu: 'x86-64' });
  t.is(engine.physical.byteLength, 0x100000000 - 4096);
  const counted = process.memoryUsage().external - before;
  t.true(counted < MIB, `${counted} bytes are counted`);
  engine.close();
});

test('the memory of a closed engine can still be read', (t) => {
  const engine = new NativeEngine({ cpu: 'x86-64' });
  engine.mapPages(ADDRESS, 4096, Prot.RW);
  const offset = engine.translate(ADDRESS, Access.Write);
  new Uint8Array(engine.physical)[offset] = 42;
  engine.close();
  t.is(new Uint8Array(engine.physical)[offset], 42);
});
