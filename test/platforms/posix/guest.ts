/**
 * Guests for the tests of Linux and FreeBSD: C text compiled on the spot against a
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

function projectRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}

export const root = projectRoot();

/** C compiler of a CPU. */
const COMPILERS: Record<string, string> = { ia32: 'i686-linux-gnu-gcc', 'x86-64': 'gcc', arm64: 'aarch64-linux-gnu-gcc' };

const START: Record<string, string> = {
  'x86-64': 'asm(".globl _start\\n_start: mov %rsp,%rdi\\n test $8,%sp\\n and $-16,%rsp\\n call start_c\\n hlt");',
  ia32: 'asm(".globl _start\\n_start: mov %esp,%eax\\n and $-16,%esp\\n sub $12,%esp\\n push %eax\\n call start_c\\n hlt");',
  arm64: 'asm(".globl _start\\n_start: mov x0,sp\\n bl start_c\\n brk #1");',
};

/** With the guest headers of the repository instead of the declarations below. */
const HEADERS = `
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <errno.h>
#include <sys/mman.h>
typedef unsigned long word; typedef unsigned char u8; typedef unsigned int u32; typedef unsigned long long u64;
extern long test_write(const char *, word);
`;

const DECLARATIONS = `
typedef unsigned long word; typedef unsigned char u8; typedef unsigned int u32; typedef unsigned long long u64;
#define NULL ((void *)0)
extern void _exit(int) __attribute__((noreturn));
extern long test_write(const char *, word);
extern void *mmap(void *, word, int, int, int, long); extern int munmap(void *, word); extern int mprotect(void *, word, int); extern int madvise(void *, word, int);
typedef word pthread_t;
extern int pthread_create(pthread_t *, void *, void *(*)(void *), void *); extern int pthread_join(pthread_t, void **); extern pthread_t pthread_self(void);
extern int pthread_kill(pthread_t, int); extern void pthread_exit(void *) __attribute__((noreturn)); extern int pthread_detach(pthread_t);
extern int sched_yield(void); extern int raise(int); extern int kill(int, int); extern int getpid(void);
extern int sigaction(int, const void *, void *); extern int sigprocmask(int, const void *, void *); extern int sigaltstack(const void *, void *); extern int sigsuspend(const void *);
`;

const COMMON = `
static inline void out(const char *s) { word n = 0; while (s[n]) n++; test_write(s, n); }
static inline void hex(u64 v) { char b[20]; int i = 18; b[19] = 0; do { b[i--] = "0123456789abcdef"[v & 15]; v >>= 4; } while (v); out(b + i + 1); }
int main();
__attribute__((used)) void start_c(word *sp) { int argc = (int)sp[0]; _exit(main(argc, (char **)(sp + 1), (char **)(sp + 2 + argc))); }
`;

function compilerFor(code: string): string {
  return COMPILERS[platformOf(code)!.cpu];
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

export function compileGuest(code: string, source: string, names: string[], flags: string[] = [], headers = false): string {
  const stub = stubLibrary(code, names);
  const { cpu, os } = platformOf(code)!;
  const text = `${headers ? HEADERS : DECLARATIONS}${COMMON}${START[cpu]}\n${source}`;
  if (headers)
    flags = [
      ...flags,
      '-nostdinc',
      '-isystem',
      join(root, 'fixtures', 'guest', 'include'),
      ...(os === 'freebsd' ? ['-U__linux__', '-D__FreeBSD__=14'] : []),
    ];
  return cached(`guest-${code}`, [text, stub, ...flags], (target) => {
    writeFileSync(`${target}.c`, text);
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
      ...(platformOf(code)!.cpu === 'arm64' ? ['-mno-outline-atomics'] : []),
    ];
    compile(code, [...options, ...flags, '-o', target, `${target}.c`, stub]);
  });
}

/** What `source` prints as a program of this machine's Linux, or of an emulated one. */
export function runNative(code: string, source: string): string {
  const program = cached(`native-${code}`, [source], (target) => {
    writeFileSync(`${target}.c`, source);
    compileOracle(code, [`${target}.c`], target);
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

/** Compile and boot `source` on platform `code`; nothing has run yet. */
export function bootGuest(code: string, source: string, options: GuestOptions = {}): GuestRun {
  const platform = platformOf(code)!;
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
