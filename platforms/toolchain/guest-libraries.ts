/** Building what the guest brings itself: its half of the C library, start code, the MPS client's data, and the link stubs. */
import { present } from '../../emulator/present.js';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Platform } from '../codes.js';
import { bundleArguments, compilerPlace, givenPath, linkerFlags, mappedPaths, type Debug } from './debug.js';
import { keepLines } from './debug-lines.js';
import { builtFor, guest, linkFor } from './paths.js';
import { includeFlags, prototypes, type Prototype } from './prototypes.js';
import { libraryFile, stubFile, writeStub } from './stubs.js';
import { targetOf } from './targets.js';
import { run } from './tools.js';

/** The part of libmps that is guest code. */
const libmps = ['fix.c', 'scan-area.c', 'walk.c'];
/** Code that does just what it says: no calls of memcpy for its loops, and none of them unrolled. */
const plainLoops = ['-fno-tree-vectorize', '-fno-unroll-loops'];
/** Readers of numbers, which wide ones are made of. */
const readers = ['strtod', 'strtof', 'strtold', 'strtol', 'strtoul', 'strtoll', 'strtoull', 'strtoimax', 'strtoumax'];
/** What the libraries take from the host. */
const fromHost: Record<'c' | 'mps', Prototype[]> = {
  c: ['malloc', 'free', '_errno', '_Exit', ...readers].map((name) => ({ name, library: 'kernel32' })),
  mps: [{ name: '_mps_fix2_host', library: 'kernel32' }],
};
/** Preferred addresses on Windows. */
const bases = { c: { ia32: '0x10000000', 'x86-64': '0x180000000' }, mps: { ia32: '0x10100000', 'x86-64': '0x180100000' } };
/** What only the Microsoft C run-time has. */
const windowsLibc = ['stack-overflow.c', 'except-i386.S'].map((f) => `windows/${f}`);
/** What of glibc is a system call and little else. */
const linuxLibc = [
  'system-call.S',
  'descriptors.c',
  'status.c',
  'configuration.c',
  'signals.c',
  'process.c',
  'timers.c',
  'threads.c',
  'context-switch.S',
  'context.c',
]
  .map((f) => `linux/${f}`)
  .concat('directories.c');
/** What of FreeBSD's and macOS's libraries is a system call and little else. */
const bsdLibc = ['system-call.S', 'descriptors.c', 'process.c', 'configuration.c'].map((f) => `bsd/${f}`).concat('directories.c');
const contexts = (os: 'freebsd' | 'macos'): string[] => ['context-switch.S', 'context.c'].map((f) => `${os}/${f}`);
/** What only one system's library has. */
const systemLibc: Record<Platform['os'], string[]> = {
  windows: windowsLibc,
  linux: [...linuxLibc, 'sized-characters.c'],
  freebsd: [...bsdLibc, ...contexts('freebsd'), 'sized-characters.c'],
  macos: [...bsdLibc, ...contexts('macos')],
};
/** Where the floating-point environment is the program's own affair. */
const fenv = (p: Platform): string[] => (p.os === 'windows' ? [] : [p.cpu === 'arm64' ? 'fenv-arm64.c' : 'fenv-x86.c']);
const wide = ['multibyte.c', 'wide-string.c', 'wide-number.c', 'wide-class.c'];
const libc = [...wide, 'memory.c', 'string.c', 'strings.c', 'ctype.c', 'sort.c', 'data.c', 'idioms.c', 'options.c', 'random48.c'];

async function compileAll(p: Platform, files: string[], directory: string, flags: string[]): Promise<string[]> {
  const target = targetOf(p);
  const include = await includeFlags(target);
  const objects: string[] = [];
  for (const file of files) {
    const object = join(directory, `${basename(file).replace(/\.\w+$/, '')}.o`);
    await run(target.compiler, [...include, ...target.flags, ...flags, '-c', givenPath(file), '-o', object], compilerPlace());
    objects.push(object);
  }
  return objects;
}

export interface Defined {
  name: string;
  data: boolean;
  size: number;
}

/** Names defined in objects or a library, without the format's underscore. */
async function definedNames(p: Platform, files: string[]): Promise<Defined[]> {
  const text = await run('llvm-nm', ['-g', '--defined-only', '--format=posix', ...files]);
  const underscore = p.os === 'macos' || (p.os === 'windows' && p.cpu === 'ia32');
  return text
    .split('\n')
    .map((line) => line.split(' '))
    .filter((parts) => parts.length >= 2 && /^[A-Z]$/.test(parts[1]))
    .map(([name, kind, , size]) => ({
      name: underscore ? name.replace(/^_/, '') : name,
      data: kind !== 'T' && kind !== 'W',
      size: parseInt(size || '0', 16),
    }));
}

/** A stdcall function is exported by its name alone, without the bytes that it pops. */
function exportOf(name: string): string {
  const stdcall = /^(.*)@\d{1,3}$/.exec(name);
  return stdcall ? `${stdcall[1]}=_${name}` : name;
}

/** Start code, and what compilers call where the CPU has no instruction. */
export function crtSources(p: Platform): string[] {
  const support = ['bits.c', 'complex.c', p.cpu === 'ia32' ? 'int64-i386.c' : 'int128.c', ...(p.cpu === 'arm64' ? ['quad-arm64.c'] : [])];
  // What position-independent code for IA-32 calls within its own image.
  const nonshared = p.cpu === 'ia32' ? ['stack-check-i386.c'] : [];
  const start = {
    macos: ['code-mark.c'],
    windows: ['start-windows.c', 'code-mark.c', 'cookie-windows.c', p.cpu === 'ia32' ? 'runtime-ia32-windows.S' : 'chkstk-x86-64.S'],
    linux: ['entry-elf.S', 'start-elf.c', 'note.S', ...nonshared],
    freebsd: ['entry-elf.S', 'start-elf.c', 'note.S', ...nonshared],
  }[p.os];
  return [...start, ...support].map((name) => join(guest, 'crt', name));
}

/** The guest half of the MPS's library: the keyword keys, and mps_reserve and mps_commit as functions. */
export const clientSources = ['keys.c', 'allocation.c'];

function markFlags(p: Platform): string[] {
  return [`-DMPSEMU_CODE="${p.code}"`, ...(p.os === 'freebsd' ? ['-DMPSEMU_FREEBSD'] : [])];
}

/** Build everything that programs for `p` are linked with and load. `host`: functions that the host has beside those in our headers. */
export async function buildGuestLibraries(p: Platform, host: Prototype[]): Promise<void> {
  const link = linkFor(p.code);
  mkdirSync(link, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), `mpsemu-guest-${p.code}-`));
  try {
    const suffix = { ia32: 'i386', 'x86-64': 'x86-64', arm64: 'arm64' }[p.cpu];
    const ownC = [...libc, ...fenv(p), ...systemLibc[p.os]];
    const sources = [...ownC.map((f) => join(guest, 'libc', f)), join(guest, 'libc', `setjmp-${suffix}.S`)];
    const debug = ['-g', ...(p.os === 'windows' ? ['-gdwarf-4'] : []), ...mappedPaths()];
    const flags = ['-O2', '-ffreestanding', '-fno-builtin', ...(p.os === 'windows' ? [] : ['-fPIC']), ...debug];
    const gccFlags = targetOf(p).gcc ? ['-fno-tree-loop-distribute-patterns'] : [];
    const objects = await compileAll(p, sources, work, [...flags, ...gccFlags]);
    const own = await definedNames(p, objects);
    const declared = await prototypes(p);
    const names = new Set(declared.map((f) => f.name));
    const all = [...declared, ...host.filter((f) => !names.has(f.name))];
    await buildLibrary(p, 'c', objects, work);
    const collector = await compileAll(
      p,
      libmps.map((f) => join(guest, 'mps', f)),
      work,
      [...flags, ...gccFlags, ...plainLoops],
    );
    await buildLibrary(p, 'mps', collector, work);
    await writeStubs(p, all, own, link);
    // Start code and the MPS client's static data, as objects that every program is linked with.
    const crt = await compileAll(p, crtSources(p), work, ['-O2', '-ffreestanding', '-ffunction-sections', ...markFlags(p)]);
    const client = await compileAll(
      p,
      clientSources.map((f) => join(guest, 'mps-client', f)),
      work,
      ['-O2', '-ffreestanding', '-ffunction-sections'],
    );
    for (const object of [...crt, ...client]) copyFileSync(object, join(link, basename(object)));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function writeStubs(p: Platform, all: Prototype[], own: Defined[], link: string): Promise<void> {
  const data = own.filter((o) => o.data);
  const functions = (library: Prototype['library']): Prototype[] => all.filter((f) => f.library === library);
  const extra = [...own.filter((o) => !o.data).map((o) => o.name), ...(p.os === 'windows' ? ['__p___argc', '__p___argv'] : [])];
  const c = functions('c');
  const names = new Set(c.map((f) => f.name));
  for (const name of extra) if (!names.has(name)) c.push({ name, library: 'c' });
  await writeStub(p, { library: 'c', functions: c, data, output: join(link, stubFile(p, 'c')) });
  await writeStub(p, {
    library: 'mps',
    functions: functions('mps').filter((f) => !['mps_reserve', 'mps_commit'].includes(f.name)),
    data: [],
    output: join(link, stubFile(p, 'mps')),
  });
  if (p.os === 'windows')
    await writeStub(p, { library: 'kernel32', functions: functions('kernel32'), output: join(link, stubFile(p, 'kernel32')) });
}

type Library = 'c' | 'mps';

async function buildLibrary(p: Platform, name: Library, objects: string[], work: string): Promise<void> {
  const library = join(builtFor(p.code), basename(libraryFile(p, name)));
  // Its lines are read from a twin that has debug information.
  const twin = join(mkdtempSync(join(work, 'twin-')), basename(library));
  await linkLibrary(p, name, objects, twin, work, 'keep');
  if (p.os === 'macos') await run('dsymutil', bundleArguments(twin), { cwd: work });
  await linkLibrary(p, name, objects, library, work, 'drop');
  keepLines(library, twin);
}

async function linkLibrary(p: Platform, name: Library, objects: string[], output: string, work: string, debug: Debug): Promise<void> {
  const target = targetOf(p);
  switch (p.os) {
    case 'macos':
      await run('ld64.lld', [
        '-dylib',
        ...linkerFlags(p, debug, work),
        '-arch',
        present(target.arch, 'the architecture'),
        '-platform_version',
        'macos',
        '11.0',
        '11.0',
        '-install_name',
        libraryFile(p, name),
        '-undefined',
        'dynamic_lookup',
        '-o',
        output,
        ...objects,
      ]);
      return;
    case 'windows': {
      // What it takes from the host has to come from some library: any name does, since host functions bind by theirs.
      const host = join(work, 'host.lib');
      const system = (await prototypes(p)).filter((f) => f.library === 'kernel32');
      await writeStub(p, { library: 'kernel32', functions: [...fromHost[name], ...system], output: host });
      const own = await definedNames(p, objects);
      const exported = own.filter((o) => o.name !== '_fltused').map((o) => `/export:${exportOf(o.name)}${o.data ? ',data' : ''}`);
      await run('lld-link', [
        '/dll',
        '/noentry',
        '/nodefaultlib',
        '/brepro',
        '/debug:symtab',
        ...linkerFlags(p, debug, work),
        `/base:${bases[name][p.cpu === 'ia32' ? 'ia32' : 'x86-64']}`,
        ...(p.cpu === 'ia32' ? ['/safeseh:no'] : []),
        `/out:${output}`,
        `/implib:${join(work, 'own.lib')}`,
        ...exported,
        ...objects,
        host,
      ]);
      return;
    }
    default:
      await run('ld.lld', [
        '-m',
        present(target.emulation, 'the emulation'),
        '-shared',
        '--build-id=none',
        ...linkerFlags(p, debug, work),
        // Calls within a library are direct, as no program takes the place of its functions.
        ...(name === 'mps' ? ['-Bsymbolic'] : []),
        `-soname=${libraryFile(p, name)}`,
        ...(p.cpu === 'ia32' ? ['-z', 'notext'] : []),
        ...objects,
        '-o',
        output,
      ]);
  }
}
