/**
 * What programs are linked with: an ELF stub library, a PE import library, or a
 * Mach-O text stub for each guest library, naming all its functions.
 */
import { present } from '../../emulator/present.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '../codes.js';
import type { LibraryName, Prototype } from './prototypes.js';
import { targetOf } from './targets.js';
import { run } from './tools.js';

/** A variable of a library; programs may copy it (copy relocations), so its size counts. */
export interface DataSymbol {
  name: string;
  size: number;
}

/** File and shared-object name of each guest library on each OS. */
export function libraryFile(p: Platform, library: LibraryName): string {
  switch (p.os) {
    case 'linux':
      return library === 'c' ? 'libc.so.6' : 'libmps.so';
    case 'freebsd':
      return library === 'c' ? 'libc.so.7' : 'libmps.so';
    case 'macos':
      return library === 'c' ? '/usr/lib/libSystem.B.dylib' : '/usr/local/lib/libmps.dylib';
    case 'windows':
      return library === 'c' ? 'ucrtbase.dll' : library === 'mps' ? 'mps.dll' : 'kernel32.dll';
  }
}

/** Name of the stub in the link folder. */
export function stubFile(p: Platform, library: LibraryName): string {
  return p.os === 'windows' ? `${library}.lib` : p.os === 'macos' ? `${library}.tbd` : `${library}.so`;
}

export interface Stub {
  library: LibraryName;
  functions: Prototype[];
  /** ELF and Mach-O: variables are linked to as well. */
  data?: DataSymbol[];
  output: string;
}

export async function writeStub(p: Platform, stub: Stub): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mpsemu-stub-'));
  try {
    if (p.os === 'macos') return writeTextStub(p, stub);
    if (p.os === 'windows') return await writeImportLibrary(p, stub, directory);
    await writeElfStub(p, stub, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function writeTextStub(p: Platform, { library, functions, data = [], output }: Stub): void {
  const arch = `${targetOf(p).arch}-macos`;
  const symbols = [...functions, ...data]
    .map(({ name }) => name)
    .map((name) => `_${name}`)
    .sort();
  if (library === 'c') symbols.push('dyld_stub_binder', '__tlv_bootstrap');
  writeFileSync(
    output,
    [
      '--- !tapi-tbd',
      'tbd-version: 4',
      `targets: [ ${arch} ]`,
      `install-name: '${libraryFile(p, library)}'`,
      'exports:',
      `  - targets: [ ${arch} ]`,
      `    symbols: [ ${symbols.join(', ')} ]`,
      '...',
      '',
    ].join('\n'),
  );
}

async function writeImportLibrary(p: Platform, { library, functions, output }: Stub, directory: string): Promise<void> {
  const definition = join(directory, 'stub.def');
  const lines = functions.map((f) => `  ${f.name}${f.stdcallBytes === undefined ? '' : `@${f.stdcallBytes}`}`);
  writeFileSync(definition, `LIBRARY ${libraryFile(p, library)}\nEXPORTS\n${lines.join('\n')}\n`);
  await run('llvm-dlltool', ['-m', present(targetOf(p).machine, 'the machine'), '-k', '-d', definition, '-l', output]);
}

async function writeElfStub(p: Platform, { library, functions, data = [], output }: Stub, directory: string): Promise<void> {
  const source = join(directory, 'stub.S');
  const object = join(directory, 'stub.o');
  const code = functions.map((f) => `.globl ${f.name}\n.type ${f.name},%function\n${f.name}:\n`).join('');
  const variables = data
    .map((d) => `.globl ${d.name}\n.type ${d.name},%object\n.size ${d.name},${d.size}\n${d.name}: .space ${d.size}\n`)
    .join('');
  writeFileSync(source, `.text\n${code}.byte 0\n.data\n.p2align 4\n${variables}.section .note.GNU-stack,"",%progbits\n`);
  const target = targetOf(p);
  await run(target.compiler, [...target.flags, '-c', source, '-o', object]);
  await run('ld.lld', [
    '-m',
    present(target.emulation, 'the emulation'),
    '-shared',
    '--build-id=none',
    `-soname=${libraryFile(p, library)}`,
    '-s',
    object,
    '-o',
    output,
  ]);
}
