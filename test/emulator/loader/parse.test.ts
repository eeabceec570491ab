import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { LoadError } from '../../../emulator/loader/image.js';
import { parseImage } from '../../../emulator/loader/load.js';
import { fixturePath } from '../../guests/harness.js';
import { missingTool, needing } from '../../needs.js';
import { bytesOf, imageOf, names } from './images.js';
import { there } from '../../there.js';

const message = (bytes: Uint8Array): string => {
  try {
    parseImage(bytes, 'file');
  } catch (error) {
    if (error instanceof LoadError) return error.message;
    throw error;
  }
  return '';
};

test('the format and CPU of each sample are those that it was compiled for', (t) => {
  for (const name of names) {
    const image = imageOf(name);
    t.is(image.format as string, /^(pe|macho)/.exec(name)?.[1] ?? 'elf', name);
    t.is(image.cpu as string, there(/ia32|x86-64|arm64/.exec(name))[0], name);
    t.is(image.kind, /lib/.test(name) ? 'library' : 'executable', name);
    t.is(image.relocatable, !name.endsWith('-exec'), name);
    t.is(
      image.entry === undefined,
      (name.startsWith('macho') && /lib/.test(name)) || (/lib.so/.test(name) && image.entry === undefined),
      name,
    );
  }
});

test('ELF: libraries, imports, exports, initialisers, thread-local storage', (t) => {
  for (const name of names.filter((n) => /pie|exec/.test(n))) {
    const image = imageOf(name);
    t.deepEqual(image.libraries, [name.includes('relr') ? 'x86-64-clang-lib.so' : name.replace(/pie|exec/, 'lib.so')]);
    const imports = new Map(image.imports.map((i) => [i.name, i]));
    for (const wanted of ['lib_add', 'shared_var', 'tl_data', 'lib_tls']) t.true(imports.has(wanted), `${name} ${wanted}`);
    t.is(imports.get('absent')?.weak ?? true, true);
    t.is(image.initializers.length, 1, name);
    // Compilers align an array of 32 bytes to 16 on x86-64.
    const size = { ia32: 4 + 16, 'x86-64': 16 + 32, arm64: 8 + 32 }[image.cpu];
    t.is(there(image.tls).size, size, name);
    t.deepEqual([...there(image.tls).data], [5, 0, 0, 0]);
    t.is(there(image.programHeaders).count > 3, true);
    t.true(image.symbols.list.some((s) => s.name === 'main'));
    // gcc copies variables of libraries into position-independent programs too, on x86-64.
    t.is(
      image.relocations.some((r) => r.kind === 'copy'),
      name.endsWith('-exec') || name === 'x86-64-gcc-pie',
      name,
    );
  }
  const library = imageOf('x86-64-clang-lib.so');
  t.is(there(library.exports.get('lib_add')).kind, 'function');
  t.is(there(library.exports.get('shared_var')).size, 4);
  t.deepEqual([there(library.exports.get('tl_bss')).kind, there(library.exports.get('tl_bss')).offset], ['tls', 4]);
  t.is(library.finalizers.length, 1);
});

test('ELF: pages of PT_GNU_RELRO are read-only after relocation', (t) => {
  const image = imageOf('x86-64-clang-pie');
  const array = image.relocations.find((r) => 'import' in r.value && image.imports[there(r.value.import)].name === 'lib_tls');
  t.truthy(array);
  t.true(image.segments.some((s) => s.name.endsWith('(relro)') && s.prot === 1));
  t.true(image.segments.some((s) => s.prot === 3));
});

test('ELF: packed relative relocations are the same as plain ones', (t) => {
  const relative = (name: string): number => imageOf(name).relocations.filter((r) => 'base' in r.value).length;
  t.is(relative('x86-64-relr-pie'), relative('x86-64-clang-pie'));
});

test('PE: sections, imports by name and ordinal, exports, forwarders, thread-local storage', (t) => {
  for (const cpu of ['ia32', 'x86-64']) {
    const program = imageOf(`pe-${cpu}-program.exe`);
    t.is(program.os, 'windows');
    t.is(program.preferredBase, cpu === 'ia32' ? 0x400000 : 0x140000000);
    const library = `pe-${cpu}-lib.dll`;
    t.deepEqual(program.imports.map((i) => [i.library, i.name, i.ordinal]).sort(), [
      ['lib.dll', '#7', 7],
      ['lib.dll', 'lib_add', undefined],
      ['lib.dll', 'shared_var', undefined],
    ]);
    t.is(there(there(program.tls).callbacks).length, 1);
    t.is(there(program.tls).size, there(program.tls).data.length + 16);
    t.true(program.segments.some((s) => s.name === 'headers' && s.offset === 0 && s.prot === 1));
    t.is(program.stackReserve, 1 << 20);
    t.is(program.stackCommit, 4096);
    t.true(program.relocations.some((r) => 'base' in r.value));
    const { exports, exceptionDirectory } = imageOf(library);
    t.is(there(exports.get('#7')).ordinal, 7);
    const forwarded = exports.get('forwarded');
    if (forwarded?.kind !== 'forward') return t.fail('not a forwarder');
    t.regex(forwarded.forward, /^_?kernel32\.Sleep$/);
    t.is(there(exports.get('lib_add')).kind, 'function');
    t.is(there(exports.get('shared_var')).kind, 'data');
    t.is(exceptionDirectory === undefined, cpu === 'ia32' || exceptionDirectory === undefined);
  }
});

test('Mach-O: segments, libraries, two-level imports, initialisers, thread-local variables', (t) => {
  for (const cpu of ['x86-64', 'arm64']) {
    const program = imageOf(`macho-${cpu}-program`);
    t.is(program.os, 'macos');
    t.is(program.osVersion, '12.0');
    t.is(program.preferredBase, 0x100000000);
    t.false(program.segments.some((s) => s.name === '__PAGEZERO'));
    t.deepEqual(program.libraries, ['/usr/lib/libSystem.B.dylib', `@rpath/macho-${cpu}-lib.dylib`]);
    const imports = new Map(program.imports.map((i) => [i.name, i]));
    t.is(there(imports.get('lib_add')).library, `@rpath/macho-${cpu}-lib.dylib`);
    t.is(there(imports.get('_tlv_bootstrap')).library, '/usr/lib/libSystem.B.dylib');
    t.true(there(imports.get('lib_weak')).weak);
    t.is(program.initializers.length, 1);
    t.is(there(there(program.tls).descriptors).length, 2);
    t.is(there(program.tls).size, cpu === 'arm64' ? 40 : 48);
    t.deepEqual([...there(program.tls).data].slice(0, 4), [5, 0, 0, 0]);
    t.true(program.symbols.list.some((s) => s.name === 'main' && s.offset === program.entry));
    t.is(there(imageOf(`macho-${cpu}-lib.dylib`).exports.get('tl_data')).kind, 'tls');
  }
});

test('what is no program says so in one line', (t) => {
  t.is(message(new Uint8Array(0)), 'file: the file is empty');
  t.regex(message(new TextEncoder().encode('#!/bin/sh\n')), /not an executable/);
  t.regex(message(Uint8Array.of(0xca, 0xfe, 0xba, 0xbe)), /fat/);
  t.regex(message(bytesOf('x86-64-clang-pie').subarray(0, 40)), /truncated/);
});

test('the message names the field that is wrong', (t) => {
  const patched = (name: string, at: number, ...values: number[]): string => {
    const bytes = bytesOf(name);
    bytes.set(values, at);
    return message(bytes);
  };
  t.regex(patched('x86-64-clang-pie', 4, 9), /EI_CLASS/);
  t.regex(patched('x86-64-clang-pie', 5, 2), /EI_DATA/);
  t.regex(patched('x86-64-clang-pie', 16, 1, 0), /e_type/);
  t.regex(patched('x86-64-clang-pie', 18, 8, 0), /e_machine/);
  t.regex(patched('x86-64-clang-pie', 56, 0, 0), /e_phnum/);
  t.regex(patched('x86-64-clang-pie', 32, 0xff, 0xff, 0xff), /program header table/);
  const pe = new DataView(bytesOf('pe-x86-64-program.exe').buffer).getUint32(0x3c, true);
  t.regex(patched('pe-x86-64-program.exe', pe, 0), /PE signature/);
  t.regex(patched('pe-x86-64-program.exe', pe + 4, 0, 0), /Machine/);
  t.regex(patched('pe-x86-64-program.exe', pe + 24 + 56, 0, 0, 0, 0), /SizeOfImage/);
  t.regex(patched('macho-x86-64-program', 4, 7, 0, 0, 0), /cputype/);
  t.regex(patched('macho-x86-64-program', 12, 1), /filetype/);
  t.regex(patched('macho-arm64-program', 8, 2), /arm64e/);
  t.regex(patched('macho-x86-64-program', 36, 3), /cmdsize/);
});

const disassembler = needing(missingTool('llvm-objdump'));
disassembler('entries of the procedure linkage table have the names that llvm-objdump gives them', (t) => {
  for (const code of ['lii3gc', 'lii6gc', 'lii6ll', 'lia6gc', 'fri3ll', 'fri6gc']) {
    const path = fixturePath(code, 'list');
    const text = execFileSync('llvm-objdump', ['-d', '--section=.plt', path], { encoding: 'latin1' });
    const wanted = [...text.matchAll(/^([0-9a-f]+) <(\S+@plt)>:/gm)].map(([, address, name]) => ({ address: parseInt(address, 16), name }));
    const image = parseImage(readFileSync(path), path);
    const found = image.symbols.list
      .filter(({ name }) => name.endsWith('@plt'))
      .map(({ name, offset }) => ({ address: offset + image.preferredBase, name }));
    t.true(wanted.length > 10, code);
    t.deepEqual(found, wanted, code);
  }
});

test('Mach-O: stubs are named after what they call, and no symbol reaches into them', (t) => {
  for (const code of ['xci6ll', 'xca6ll']) {
    const image = parseImage(readFileSync(fixturePath(code, 'list')), 'list');
    const stubs = image.symbols.list.filter(({ name }) => name.endsWith('@stub'));
    const length = code === 'xci6ll' ? 6 : 12;
    t.true(stubs.some(({ name }) => name === 'mps_arena_create_k@stub') && stubs.some(({ name }) => name === 'printf@stub'));
    stubs.forEach((stub, i) => {
      t.is(stub.size, length);
      if (i > 0) t.is(stub.offset, stubs[i - 1].offset + length);
    });
    for (const { name, offset, size } of image.symbols.list) {
      if (!name.endsWith('@stub') && offset < stubs[0].offset) t.true(offset + size <= stubs[0].offset, name);
    }
  }
});
