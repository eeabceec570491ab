/** Code addresses by name: images' symbols, gates, the OS's own pieces of code, named memory. */
import test from 'ava';
import { Prot } from '../../../emulator/engine.js';
import { emptyImage, type Image } from '../../../emulator/loader/image.js';
import { LoadedImages } from '../../../emulator/loader/link.js';
import { lineName, placeName } from '../../../emulator/process/code-names.js';
import { hostFunction } from '../../../emulator/process/host-call.js';
import { Process } from '../../../emulator/process/process.js';
import { there } from '../../there.js';

const GATES = 0x7000_0000;

function unnamed(): Image {
  return {
    ...emptyImage(),
    format: 'elf',
    cpu: 'x86-64',
    kind: 'executable',
    path: '/tmp/dir/prog',
    preferredBase: 0,
    span: 0x2000,
    relocatable: true,
    segments: [{ offset: 0x1000, size: 0x1000, data: new Uint8Array(0x100), prot: Prot.RX, name: 'text' }],
  };
}

function image(): Image {
  const made = unnamed();
  made.symbols.push({ name: 'main', offset: 0x1000, size: 0x20 });
  made.symbols.push({ name: 'assembly', offset: 0x1040, size: 0 });
  return made;
}

test('a code address has a module, a function with an offset, and a line where one is known', (t) => {
  const process = new Process({ cpu: 'x86-64', pageSize: 4096, abi: 'sysv-x86-64', gates: { base: GATES, size: 0x1000 } });
  const { names } = process;
  const images = new LoadedImages(process.space, process.supervisor, 4096);
  const { base } = images.add(image(), 0x400000);
  names.images = images;
  names.define(0x500010, 8, '[page]', 'return_from_signal');
  process.space.map(0x500000, 4096, Prot.RX, { name: '[page]' });
  const gate = process.defineHostFunction(
    hostFunction('printf', 'v()', () => undefined),
    'libc.so.6',
  );
  const name = (address: number): string | undefined => {
    const place = names.find(address);
    return place && placeName(place);
  };
  t.is(name(base + 0x1000), 'prog!main');
  t.is(name(base + 0x101f), 'prog!main+0x1f');
  t.is(name(base + 0x1020), 'prog+0x1020', 'behind the end of a function whose size is known');
  t.is(name(base + 0x1050), 'prog!assembly+0x10', 'a size is not always known');
  t.is(name(base + 0x800), 'prog+0x800', 'before the first symbol');
  t.is(name(gate), 'libc.so.6!printf');
  t.is(name(0x500012), '[page]!return_from_signal+0x2');
  t.is(name(0x500100), '[page]+0x100');
  t.is(name(0x12345678), undefined);
  t.is(names.describe(0x12345678), '0x12345678');
  names.lines = (_loaded, offset) => (offset === 0x1004 ? { file: 'prog.c', line: 12 } : undefined);
  t.is(names.describe(base + 0x1004), 'prog!main+0x4 (prog.c:12)');
  t.is(lineName(there(there(names.find(base + 0x1004)).source)), 'prog.c:12');
  t.is(names.describe(base + 0x1005), 'prog!main+0x5');
  process.close();
});
