import test from 'ava';
import { LoadError, type Image } from '../../../emulator/loader/image.js';
import { ELSEWHERE, FakeSpace, imageOf, linker, names } from './images.js';
import { there } from '../../there.js';

/** A program and its library, linked; the library at `base`. */
function pair(program: string, library: string, base: number, move = 0) {
  const space = new FakeSpace();
  const images = linker(space);
  const image = imageOf(program);
  const main = images.add(image, image.relocatable ? image.preferredBase + move : image.preferredBase);
  const lib = images.add({ ...imageOf(library), path: library.startsWith('pe') ? 'lib.dll' : library }, base);
  images.link((wanted) => images.exported(wanted.name) ?? (/tls|tlv|stub/.test(wanted.name) ? ELSEWHERE : undefined));
  const address = (name: string): number => {
    const found = main.image.exports.get(name);
    return found ? main.base + found.offset : main.base + there(main.image.symbols.list.find((s) => s.name === name)).offset;
  };
  return { space, images, main, lib, address };
}

const programs: [string, string][] = names
  .filter((name) => /pie|exec|program/.test(name))
  .map((name) => [
    name,
    name.includes('relr')
      ? 'x86-64-clang-lib.so'
      : name
          .replace(/-(pie|exec)$/, '-lib.so')
          .replace('-program.exe', '-lib.dll')
          .replace(/-program$/, '-lib.dylib'),
  ]);

test('every program links with its library, moved or not, and each word lies where it should', (t) => {
  for (const [program, library] of programs) {
    for (const move of [0, 0x10000, 0x3450000]) {
      const { main, lib, images, space } = pair(program, library, 0x20000000, move);
      const size = main.image.cpu === 'ia32' ? 4 : 8;
      const libraryWord = lib.base + there(lib.image.exports.get('lib_add')).offset;
      const places = main.image.relocations.filter(
        (r) => r.kind !== 'copy' && 'import' in r.value && main.image.imports[there(r.value.import)].name === 'lib_add',
      );
      t.true(places.length > 0, program);
      for (const place of places) t.is(space.word(main.base + place.offset, size), libraryWord, program);
      // Mach-O rebases a lazy pointer to its helper and then binds it.
      const last = new Map(main.image.relocations.map((r) => [r.offset, r]));
      for (const { value, addend, offset } of last.values())
        if ('base' in value) t.is(space.word(main.base + offset, size), main.base + addend);
      t.is(there(images.symbolAt(libraryWord)).name, 'lib_add');
      t.is(there(images.symbolAt(libraryWord + 1)).offset, 1);
      t.is(images.symbolAt(0x7f000000), undefined);
    }
  }
});

test('protections follow the segments: code is not writable, data not executable', (t) => {
  for (const [program, library] of programs) {
    const { space, main } = pair(program, library, 0x20000000);
    const entry = there(space.protectionAt(main.base + there(main.image.entry)));
    t.is(entry & 6, 4, program);
    t.false(
      space.mapped.some((m) => m.prot === 7),
      program,
    );
  }
});

test('a variable that the program copies is the program’s for the library too', (t) => {
  const { space, main, lib } = pair('x86-64-gcc-exec', 'x86-64-gcc-lib.so', 0x20000000);
  const copy = there(main.image.relocations.find((r) => r.kind === 'copy'));
  const address = main.base + copy.offset;
  t.is(space.u32(address), 42);
  const use = there(
    lib.image.relocations.find((r) => 'import' in r.value && lib.image.imports[there(r.value.import)].name === 'shared_var'),
  );
  t.is(space.word(lib.base + use.offset), address);
});

test('thread-local blocks: below the thread pointer on x86, above a 16-byte header on ARM64', (t) => {
  const x86 = pair('x86-64-clang-pie', 'x86-64-clang-lib.so', 0x20000000).images.tls;
  t.deepEqual(
    x86.blocks.map((b) => b.offset),
    [-48, -56],
  );
  const ia32 = pair('ia32-gcc-pie', 'ia32-gcc-lib.so', 0x20000000).images.tls;
  t.deepEqual(
    ia32.blocks.map((b) => b.offset),
    [-20, -28],
  );
  const arm = pair('arm64-clang-pie', 'arm64-clang-lib.so', 0x20000000).images.tls;
  t.deepEqual(
    arm.blocks.map((b) => b.offset),
    [16, 56],
  );
  t.is(arm.size, 64);
});

test('what nobody provides is named, with the image that needs it', (t) => {
  const space = new FakeSpace();
  const images = linker(space);
  images.add(imageOf('arm64-gcc-pie'), 0x10000);
  const error = t.throws(() => images.link(() => undefined), { instanceOf: LoadError });
  t.regex(there(error).message, /arm64-gcc-pie: needs '(lib_add|shared_var|lib_tls)'/);
});

test('an image that must lie elsewhere, or on another, is refused', (t) => {
  const images = linker(new FakeSpace());
  t.throws(() => images.add(imageOf('x86-64-clang-exec'), 0x500000), { instanceOf: LoadError, message: /must be loaded at/ });
  images.add(imageOf('x86-64-clang-pie'), 0x400000);
  t.throws(() => images.add(imageOf('x86-64-clang-lib.so'), 0x401000), { instanceOf: LoadError, message: /taken by/ });
});

test('a forwarder is followed to the library that it names, or asked of the resolver', (t) => {
  const library = { ...imageOf('pe-x86-64-lib.dll'), path: 'lib.dll' };
  const program: Image = {
    ...imageOf('pe-x86-64-program.exe'),
    imports: [{ library: 'LIB.dll', name: 'forwarded', weak: false }],
    relocations: [],
  };
  const images = linker(new FakeSpace());
  const main = images.add(program, program.preferredBase);
  images.add(library, library.preferredBase);
  const asked: string[] = [];
  images.link((wanted) => {
    asked.push(`${wanted.library}!${wanted.name}`);
    return ELSEWHERE;
  });
  t.deepEqual(asked, ['kernel32.dll!Sleep']);
  t.deepEqual(main.bound, [ELSEWHERE]);
});
