/** The sound images that are damaged: programs, and libraries with the programs that load them. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectRoot } from '../../../../platforms/boot/boot.js';
import { chainFixups } from '../chain-fixups.js';
import { bytesOf } from '../images.js';
import { elfLayout } from './elf-layout.js';
import type { Layout } from './layout.js';
import { machoLayout } from './macho-layout.js';
import { peLayout } from './pe-layout.js';

export interface Original {
  name: string;
  /** Platform to run it on. */
  code: string;
  layout: Layout;
  /** Of a library: the program that is run with it, and the name by which it asks for it. */
  library?: { program: Uint8Array; name: string };
  /** Of a program: a sound library that must lie beside it. */
  beside?: { bytes: Uint8Array; name: string };
}

const built = (...parts: string[]): Uint8Array => new Uint8Array(readFileSync(join(projectRoot(), 'fixtures', ...parts)));
const exe = (code: string): string => (code.startsWith('w3') ? '.exe' : '');

const program = (survey: (bytes: Uint8Array) => Layout, code: string, name: string): Original => ({
  name: `${code}/${name}`,
  code,
  layout: survey(built('built', code, name + exe(code))),
});

const library = (survey: (bytes: Uint8Array) => Layout, code: string, name: string): Original => ({
  name: `${code}/${name}`,
  code,
  layout: survey(built('guest', 'built', code, name)),
  library: { program: built('built', code, `hello${exe(code)}`), name },
});

/** A pair of the samples: they have every kind of relocation, thread-local variables, initialisers. */
function pair(survey: (bytes: Uint8Array) => Layout, code: string, main: string, shared: string): Original[] {
  const [bytes, other] = [bytesOf(main), bytesOf(shared)];
  const name = shared.startsWith('pe') ? 'lib.dll' : basename(shared);
  return [
    { name: main, code, layout: survey(bytes), beside: { bytes: other, name } },
    { name: shared, code, layout: survey(other), library: { program: bytes, name } },
  ];
}

const chained = (code: string, name: string, imports: number, pointers: number): Original => ({
  name: `${name} with chained fixups ${imports}, ${pointers}`,
  code,
  layout: machoLayout(chainFixups(bytesOf(name), imports, pointers)),
  beside: { bytes: bytesOf(name.replace('program', 'lib.dylib')), name: name.replace('program', 'lib.dylib') },
});

export const originals: Record<string, () => Original[]> = {
  ELF32: () => [
    program(elfLayout, 'lii3gc', 'hello'),
    program(elfLayout, 'fri3ll', 'list'),
    library(elfLayout, 'lii3gc', 'libc.so.6'),
    library(elfLayout, 'fri3gc', 'libc.so.7'),
    ...pair(elfLayout, 'lii3gc', 'ia32-clang-pie', 'ia32-clang-lib.so'),
    ...pair(elfLayout, 'lii3gc', 'ia32-gcc-exec', 'ia32-gcc-lib.so'),
  ],
  ELF64: () => [
    program(elfLayout, 'lii6ll', 'hello'),
    program(elfLayout, 'fri6ll', 'list'),
    library(elfLayout, 'lii6ll', 'libc.so.6'),
    library(elfLayout, 'lia6ll', 'libc.so.6'),
    ...pair(elfLayout, 'lii6ll', 'x86-64-relr-pie', 'x86-64-clang-lib.so'),
    ...pair(elfLayout, 'lii6ll', 'x86-64-gcc-exec', 'x86-64-gcc-lib.so'),
    ...pair(elfLayout, 'lia6ll', 'arm64-clang-pie', 'arm64-clang-lib.so'),
  ],
  PE32: () => [
    program(peLayout, 'w3i3mv', 'hello'),
    library(peLayout, 'w3i3mv', 'ucrtbase.dll'),
    library(peLayout, 'w3i3mv', 'kernelbase.dll'),
    ...pair(peLayout, 'w3i3mv', 'pe-ia32-program.exe', 'pe-ia32-lib.dll'),
  ],
  'PE32+': () => [
    program(peLayout, 'w3i6mv', 'hello'),
    library(peLayout, 'w3i6mv', 'ucrtbase.dll'),
    library(peLayout, 'w3i6mv', 'kernelbase.dll'),
    ...pair(peLayout, 'w3i6mv', 'pe-x86-64-program.exe', 'pe-x86-64-lib.dll'),
  ],
  'Mach-O': () => [
    program(machoLayout, 'xci6ll', 'hello'),
    program(machoLayout, 'xca6ll', 'list'),
    library(machoLayout, 'xci6ll', 'libSystem.B.dylib'),
    library(machoLayout, 'xca6ll', 'libSystem.B.dylib'),
    ...pair(machoLayout, 'xci6ll', 'macho-x86-64-program', 'macho-x86-64-lib.dylib'),
    ...pair(machoLayout, 'xca6ll', 'macho-arm64-program', 'macho-arm64-lib.dylib'),
    chained('xci6ll', 'macho-x86-64-program', 1, 6),
    chained('xci6ll', 'macho-x86-64-program', 2, 2),
    chained('xca6ll', 'macho-arm64-program', 3, 6),
  ],
};
