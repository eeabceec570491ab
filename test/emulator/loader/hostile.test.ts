/**
 * Damaged files: whatever is done to an image, loading it gives an Image that can be
 * linked within its own memory, or a LoadError of one line; with little work, in little memory.
 */
import test from 'ava';
import { LoadError, type Image } from '../../../emulator/loader/image.js';
import { parseImage } from '../../../emulator/loader/load.js';
import { Reader } from '../../../emulator/loader/reader.js';
import { Random } from '../../../emulator/process/random.js';
import { chainFixups } from './chain-fixups.js';
import { bytesOf, ELSEWHERE, FakeSpace, linker, names } from './images.js';

const EACH = 12_000;
const INTERESTING = [
  0, 1, 2, 4, 8, 0x7f, 0x80, 0xff, 0xfff, 0x1000, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
];

/** A damaged copy: cut short, bits flipped, words replaced by awkward values, pieces moved. */
function damage(original: Uint8Array, random: Random): Uint8Array {
  let bytes = original.slice();
  // Headers and tables are where it hurts: most changes fall into the first kilobyte or among the non-zero bytes.
  const place = (): number => {
    if (random.below(3) > 0) return random.below(Math.min(1024, bytes.length));
    for (let tries = 0; tries < 20; tries++) {
      const at = random.below(bytes.length);
      if (bytes[at] !== 0) return at;
    }
    return random.below(bytes.length);
  };
  const changes = 1 + random.below(4);
  for (let i = 0; i < changes && bytes.length > 8; i++) {
    const at = place();
    switch (random.below(6)) {
      case 0:
        if (i === 0 && random.below(4) === 0) bytes = bytes.slice(0, at);
        break;
      case 1:
        bytes[at] ^= 1 << random.below(8);
        break;
      case 2:
        bytes[at] = random.below(256);
        break;
      case 3:
      case 4: {
        const word = at & ~3;
        if (word + 4 > bytes.length) break;
        const view = new DataView(bytes.buffer);
        const kind = random.below(4);
        const old = view.getUint32(word, true);
        const value =
          kind === 0
            ? INTERESTING[random.below(INTERESTING.length)]
            : kind === 1
              ? old + random.below(17) - 8
              : kind === 2
                ? random.next()
                : bytes.length - random.below(32);
        view.setUint32(word, value >>> 0, true);
        break;
      }
      case 5:
        bytes.copyWithin(at, place(), Math.min(bytes.length, place() + random.below(64)));
        break;
    }
  }
  return bytes;
}

/** What loading costs, whatever the machine's speed. */
const work = {
  /** Fields of the file that were read, and calls to the address space. */
  steps: 0,
  /** Bytes of names, and of memory read and written. */
  bytes: 0,
};
const { check, countText } = Reader.prototype;
Reader.prototype.check = function (this: Reader, ...args) {
  work.steps++;
  check.apply(this, args);
};
Reader.prototype.countText = function (this: Reader, ...args) {
  work.bytes += args[0];
  countText.apply(this, args);
};
class CountedSpace extends FakeSpace {
  override write(address: number, bytes: Uint8Array): void {
    work.steps++;
    work.bytes += bytes.length;
    super.write(address, bytes);
  }
  override bytes(address: number, length: number): Uint8Array {
    work.steps++;
    work.bytes += length;
    return super.bytes(address, length);
  }
  override map(base: number, size: number, prot: number): void {
    work.steps++;
    super.map(base, size, prot);
  }
}

/** Parse and link; returns the image or the message. */
function load(bytes: Uint8Array, move: number): Image | string {
  try {
    const image = parseImage(bytes, 'damaged');
    const space = new CountedSpace();
    const images = linker(space);
    images.add(image, image.relocatable ? image.preferredBase + move : image.preferredBase);
    images.link((wanted) => images.exported(wanted.name) ?? ELSEWHERE);
    images.symbolAt(images.program.base + (image.entry ?? 0));
    return image;
  } catch (error) {
    if (error instanceof LoadError) return error.message;
    throw error;
  }
}

const formats = {
  elf: names.filter((n) => !/^(pe|macho)/.test(n)).map(bytesOf),
  pe: names.filter((n) => n.startsWith('pe')).map(bytesOf),
  macho: names.filter((n) => n.startsWith('macho')).flatMap((n) => [bytesOf(n), chainFixups(bytesOf(n), 1, 6)]),
};

for (const [format, originals] of Object.entries(formats)) {
  test(`${EACH} damaged ${format} files`, (t) => {
    const random = new Random(20260101);
    let loaded = 0;
    for (let i = 0; i < EACH; i++) {
      const bytes = damage(originals[i % originals.length], random);
      work.steps = work.bytes = 0;
      let result: Image | string;
      try {
        result = load(bytes, i % 2 === 0 ? 0 : 0x100000);
      } catch (error) {
        t.fail(`file ${i}: ${(error as Error).stack}`);
        return;
      }
      // A field is some bytes long and read about once; names may overlap.
      if (work.steps > bytes.length + 64 || work.bytes > 4 * bytes.length + 64)
        return t.fail(`file ${i} of ${bytes.length} bytes took ${work.steps} steps and ${work.bytes} bytes`);
      if (typeof result === 'string') {
        if (!result.startsWith('damaged: ') || result.includes('\n') || result.length > 400) return t.fail(`file ${i}: ${result}`);
      } else {
        loaded++;
        const { relocations, imports, exports, symbols } = result;
        const limit = 2 * bytes.length + 4096;
        if (relocations.length > limit || imports.length > limit || exports.size > limit || symbols.list.length > limit)
          return t.fail(`file ${i} became larger than it is`);
      }
    }
    t.true(loaded > EACH / 20, `${loaded} loaded`);
    t.true(loaded < EACH * 0.95, `${loaded} loaded`);
  });
}

test('every prefix of every file', (t) => {
  for (const name of names) {
    const bytes = bytesOf(name);
    const step = name.startsWith('macho') ? 97 : 13;
    const whole = parseImage(bytes, name);
    for (let length = 0; length < bytes.length; length += length < 2048 ? 1 : step) {
      const result = load(bytes.subarray(0, length), 0);
      if (typeof result === 'string') {
        t.regex(result, /^damaged: [^\n]+$/);
        continue;
      }
      // Only what is not loaded may be missing: section headers, symbols for people.
      t.deepEqual(
        result.segments.map((s) => s.data.length),
        whole.segments.map((s) => s.data.length),
        `${name} cut at ${length} of ${bytes.length}`,
      );
    }
  }
});
