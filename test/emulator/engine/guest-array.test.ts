/** What V8 is told of guest memory: nothing while it is in use, and what was touched of it once its engine is closed. */
import test from 'ava';
import { Access, Prot } from '../../../emulator/engine.js';
import { NativeEngine } from '../../../emulator/native-engine.js';

const MIB = 1 << 20;
const external = (): number => process.memoryUsage().external;

test('four gigabytes of guest memory are no reason for V8 to collect, and what a closed engine had in use is counted', (t) => {
  const before = external();
  const engine = new NativeEngine({ cpu: 'x86-64' });
  t.is(engine.physical.byteLength, 0x100000000 - 4096);
  t.true(external() - before < MIB, `${external() - before} bytes are counted for an engine that is open`);
  engine.mapPages(0x10000, 8 * MIB, Prot.RW);
  const words = new Uint8Array(engine.physical);
  for (let at = 0x10000; at < 0x10000 + 8 * MIB; at += 4096) words[engine.translate(at, Access.Write)] = 1;
  engine.close();
  t.true(external() - before >= 8 * MIB, `${external() - before} bytes are counted for one that used 8 MiB`);
  t.is(words[words.indexOf(1)], 1, 'its memory can still be read');
});
