/** Compiles a test guest with clang and lld, and runs it on the Windows model alone: no C library, no MPS. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LoadedImages } from '../../../emulator/loader/link.js';
import { parsePe } from '../../../emulator/loader/pe.js';
import type { HostFunction } from '../../../emulator/process/host-call.js';
import type { ExitStatus } from '../../../emulator/process/os-model.js';
import { Process } from '../../../emulator/process/process.js';
import { platform } from '../../../platforms/codes.js';
import { windows } from '../../../platforms/windows/index.js';
import type { Windows } from '../../../platforms/windows/windows.js';
import { there } from '../../there.js';

export const codes = ['w3i3mv', 'w3i6mv'];

function projectRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}
export const root = projectRoot();
const guests = join(root, 'test', 'platforms', 'windows', 'guests');

function tool(name: string): string | undefined {
  for (const candidate of [name, `${name}-14`]) {
    try {
      execFileSync(candidate, ['--version'], { stdio: 'ignore' });
      return candidate;
    } catch {
      // not this one
    }
  }
  return undefined;
}
const clang = tool('clang');
const link = tool('lld-link');
const dlltool = (() => {
  for (const candidate of ['llvm-dlltool', 'llvm-dlltool-14']) {
    try {
      execFileSync('sh', ['-c', `command -v ${candidate}`], { stdio: 'ignore' });
      return candidate;
    } catch {
      // not this one
    }
  }
  return undefined;
})();

/** Why compiled guests can't be had; undefined if they can. */
export const missing = clang && link && dlltool ? undefined : 'clang, lld-link or llvm-dlltool is not installed';

const EIGHT_BYTES = 'qQd';
/** Bytes of arguments that a stdcall function pops: the suffix of its decorated name. */
export function argumentBytes(fn: HostFunction): number {
  const args = fn.signature.slice(fn.signature.indexOf('(') + 1, -1);
  return [...args].reduce((sum, letter) => sum + (EIGHT_BYTES.includes(letter) ? 8 : 4), 0);
}

/** Of ntdll.dll rather than the host. */
const guestFunctions: Record<string, number> = {
  ExitThread: 4,
  ExitProcess: 4,
  InitOnceExecuteOnce: 16,
  RtlUnwind: 16,
  RaiseException: 16,
};

let work: string | undefined;

/** `imports`: further functions that the guest imports, decorated ('name@bytes'). */
export function compile(code: string, name: string, defines: string[] = [], imports: string[] = []): string {
  work ??= mkdtempSync(join(tmpdir(), 'windows-guests-'));
  const ia32 = code === 'w3i3mv';
  const target = `--target=${ia32 ? 'i686' : 'x86_64'}-pc-windows-msvc`;
  // Frames without tables end the search for handlers, on x86-64.
  const tables = ia32 ? [] : ['-fasynchronous-unwind-tables'];
  const stem = join(work, `${code}-${name}-${defines.join('-').replaceAll(/\W/g, '')}`);
  const { os, process } = createWindows(code, () => undefined);
  const functions = there(os.libraries().find((library) => library.name === 'kernel32.dll')).functions;
  process.close();
  const names = [...functions.map((f) => [f.name, argumentBytes(f)] as const), ...Object.entries(guestFunctions)];
  const decorated = [...names.map(([n, bytes]) => `${n}@${bytes}`), ...imports];
  const lines = decorated.map((n) => `  ${ia32 ? n : n.replace(/@.*/, '')}`);
  writeFileSync(`${stem}.def`, `LIBRARY kernel32.dll\nEXPORTS\n${lines.join('\n')}\n`);
  execFileSync(there(dlltool), ['-m', ia32 ? 'i386' : 'i386:x86-64', '-k', '-d', `${stem}.def`, '-l', `${stem}.lib`]);
  execFileSync(there(clang), [
    target,
    '-O1',
    '-ffreestanding',
    '-fno-builtin',
    '-mno-stack-arg-probe',
    ...tables,
    '-w',
    ...defines,
    '-c',
    join(guests, `${name}.c`),
    '-o',
    `${stem}.obj`,
  ]);
  execFileSync(there(clang), [target, '-O1', '-ffreestanding', ...tables, '-c', join(guests, 'support.c'), '-o', `${stem}-support.obj`]);
  execFileSync(there(link), [
    '/entry:start',
    '/subsystem:console',
    '/nodefaultlib',
    '/safeseh:no',
    '/debug:symtab',
    `${stem}.obj`,
    `${stem}-support.obj`,
    `${stem}.lib`,
    `/out:${stem}.exe`,
  ]);
  return `${stem}.exe`;
}

export function createWindows(code: string, output: (text: string) => void, seed = 1): { os: Windows; process: Process } {
  const chosen = there(platform(code));
  const process = new Process({ ...windows.processOptions(chosen), seed, budget: 100_000_000 });
  const options = {
    argv: ['guest.exe'],
    env: [],
    seed,
    quirks: [],
    directories: [],
    output: (_stream: number, bytes: Uint8Array) => output(new TextDecoder().decode(bytes)),
    input: () => new Uint8Array(),
  };
  const os = windows.create({ platform: chosen, process, options }) as Windows;
  process.os = os;
  return { os, process };
}

export interface Run {
  output: string;
  status: ExitStatus;
  os: Windows;
  process: Process;
}

/** Load `path` with ntdll.dll and run it; `extra` adds host functions (their names are bound like any other). */
export function run(code: string, path: string, options: { seed?: number; extra?: (os: Windows) => HostFunction[] } = {}): Run {
  let output = '';
  const { os, process } = createWindows(code, (text) => (output += text), options.seed);
  const images = new LoadedImages(process.space, process.supervisor, 4096);
  const library = (name: string): string => join(root, 'fixtures', 'guest', 'built', code, name);
  for (const file of [path, library('ntdll.dll'), library('kernelbase.dll')]) {
    const image = parsePe(readFileSync(file), file);
    images.add(image, os.place(image));
  }
  const functions = new Map<string, () => number>();
  for (const library of os.libraries()) {
    for (const fn of library.functions) {
      let address: number | undefined;
      functions.set(fn.name, () => (address ??= process.defineHostFunction(fn, library.name)));
    }
  }
  for (const fn of options.extra?.(os) ?? []) functions.set(fn.name, () => process.defineHostFunction(fn, 'test'));
  const resolve = (name: string): number | undefined => images.exported(name) ?? functions.get(name)?.();
  images.link((wanted) => resolve(wanted.name));
  process.names.images = images;
  os.start(images.program, images, resolve);
  const status = process.run();
  process.close();
  return { output, status, os, process };
}

/** Lines 'name value' as an object; repeated names make arrays. */
export function values(output: string): Record<string, number | number[]> {
  const found: Record<string, number | number[]> = {};
  for (const line of output.trim().split('\n')) {
    const [name, value] = line.split(' ');
    const parsed = parseInt(value, 16);
    const before = found[name];
    found[name] = before === undefined ? parsed : [...(Array.isArray(before) ? before : [before]), parsed];
  }
  return found;
}
