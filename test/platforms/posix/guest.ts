/**
 * Guests for the tests of Linux and FreeBSD: programs in C compiled on the spot against a
 * stub of the C library, loaded onto the OS model, every import bound to a gate.
 * Where a compiler is missing the caller skips its test.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MachineEvent } from '../../../emulator/events.js';
import { LoadedImages } from '../../../emulator/loader/link.js';
import { parseImage } from '../../../emulator/loader/load.js';
import { hostFunction, type HostLibrary } from '../../../emulator/process/host-call.js';
import type { ExitStatus } from '../../../emulator/process/os-model.js';
import { Process } from '../../../emulator/process/process.js';
import { platform as platformOf } from '../../../platforms/codes.js';
import { freebsd } from '../../../platforms/freebsd/index.js';
import { linux } from '../../../platforms/linux/index.js';
import type { PosixOs } from '../../../platforms/posix/posix-os.js';
import { missingTool } from '../../needs.js';
import { compileOracle, runOracle } from '../../oracle.js';
import { there } from '../../there.js';

function projectRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}

export const root = projectRoot();
const platformTests = join(root, 'test', 'platforms');
/** Headers that every guest, and every native build of one, begins with. */
const preludes = join(platformTests, 'posix', 'guests');

/** C compiler of a CPU. */
const COMPILERS: Record<string, string> = { ia32: 'i686-linux-gnu-gcc', 'x86-64': 'gcc', arm64: 'aarch64-linux-gnu-gcc' };

function compilerFor(code: string): string {
  return COMPILERS[there(platformOf(code)).cpu];
}

/** Why no guest can be compiled here; undefined if it can. */
export function missingGuest(code: string): string | undefined {
  return missingTool(compilerFor(code));
}

function compile(code: string, args: string[]): void {
  const result = spawnSync(compilerFor(code), args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the guest does not compile:\n${result.stderr}`);
}

const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-posix-guests-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** Made once in each run: what `build` makes of these inputs at the path that it is given. */
function cached(kind: string, inputs: string[], build: (target: string) => void): string {
  const target = join(scratch, `${kind}-${createHash('sha256').update(inputs.join('\0')).digest('hex').slice(0, 16)}`);
  if (!existsSync(target)) build(target);
  return target;
}

/** A shared library that offers the names and does nothing: what the guest is linked against. */
function stubLibrary(code: string, names: string[]): string {
  return cached(`stub-${code}`, names, (target) => {
    writeFileSync(`${target}.s`, names.map((n) => `.globl ${n}\n.type ${n}, %function\n${n}:`).join('\n') + '\n');
    compile(code, ['-shared', '-nostdlib', '-Wl,-soname,libc.so.6', '-o', target, `${target}.s`]);
  });
}

/** `source` is a path under test/platforms. */
function compileGuest(code: string, source: string, names: string[], flags: string[] = [], headers = false): string {
  const stub = stubLibrary(code, names);
  const { cpu, os } = there(platformOf(code));
  const all = [
    ...['-I', preludes, '-include', headers ? 'library.h' : 'declarations.h'],
    ...(headers ? ['-nostdinc', '-isystem', join(root, 'fixtures', 'guest', 'include')] : []),
    ...(os === 'freebsd' ? ['-U__linux__', '-D__FreeBSD__=14'] : []),
    ...flags,
  ];
  return cached(`guest-${code}`, [source, stub, ...all], (target) => {
    const options = [
      '-O1',
      '-w',
      '-ffreestanding',
      '-fno-builtin',
      '-fno-stack-protector',
      '-fno-asynchronous-unwind-tables',
      '-nostdlib',
      '-pie',
      '-fPIE',
      ...(cpu === 'arm64' ? ['-mno-outline-atomics'] : []),
    ];
    compile(code, [...options, ...all, '-o', target, join(platformTests, source), stub]);
  });
}

/** What a program prints on this machine's Linux, or on an emulated one. */
export function runNative(code: string, source: string, flags: string[] = []): string {
  const program = cached(`native-${code}`, [source, ...flags], (target) => {
    compileOracle(code, [join(platformTests, source)], target, ['-include', join(preludes, 'native.h'), ...flags]);
  });
  return runOracle(code, program);
}

export interface GuestRun {
  process: Process;
  os: PosixOs;
  images: LoadedImages;
  output: () => string;
  events: MachineEvent[];
  run(): ExitStatus;
}

export interface GuestOptions {
  argv?: string[];
  env?: string[];
  seed?: number;
  budget?: number;
  flags?: string[];
  /** Compile against the repository's own guest headers. */
  headers?: boolean;
  quirks?: string[];
  libraries?: (os: PosixOs, process: Process) => HostLibrary[];
}

/** Compile and boot `source`, a path under test/platforms, on platform `code`; nothing has run yet. */
export function bootGuest(code: string, source: string, options: GuestOptions = {}): GuestRun {
  const platform = there(platformOf(code));
  const definition = platform.os === 'linux' ? linux : freebsd;
  const process = new Process({ ...definition.processOptions(platform), seed: options.seed ?? 0, budget: options.budget ?? 200_000_000 });
  let text = '';
  const os = definition.create({
    platform,
    process,
    options: {
      argv: options.argv ?? ['guest'],
      env: options.env ?? [],
      seed: options.seed ?? 0,
      quirks: options.quirks ?? [],
      directories: [],
      output: () => {},
      input: () => new Uint8Array(0),
    },
  }) as PosixOs;
  process.os = os;
  const write: HostLibrary = {
    name: 'test',
    functions: [
      hostFunction('test_write', 'l(pz)', (call, address, length) => {
        text += Buffer.from(call.memory.bytes(address, length)).toString('latin1');
        return length;
      }),
    ],
  };
  const libraries = [...os.libraries(), write, ...(options.libraries?.(os, process) ?? [])];
  const functions = new Map(
    libraries.flatMap((library) => library.functions.map((fn) => [fn.name, { fn, library: library.name }] as const)),
  );
  const path = compileGuest(code, source, [...functions.keys()].sort(), options.flags, options.headers);
  const image = parseImage(readFileSync(path), path);
  const images = new LoadedImages(process.space, process.supervisor, platform.pageSize);
  images.add(image, os.place(image));
  const gates = new Map<string, number>();
  const gate = (name: string): number | undefined => {
    const found = functions.get(name);
    if (!found) return undefined;
    if (!gates.has(name)) gates.set(name, process.defineHostFunction(found.fn, found.library));
    return gates.get(name);
  };
  images.link((wanted) => gate(wanted.name));
  process.names.images = images;
  os.start(images.program, images, gate);
  const events: MachineEvent[] = [];
  return { process, os, images, output: () => text, events, run: () => process.run() };
}
