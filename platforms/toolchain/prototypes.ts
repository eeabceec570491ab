/**
 * Which functions our own headers declare for a platform, and what the linker
 * calls them: the link stubs are made from this. The headers keep one prototype a line.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '../codes.js';
import { includes } from './paths.js';
import { targetOf } from './targets.js';
import { run } from './tools.js';

export type LibraryName = 'c' | 'mps' | 'kernel32';

export interface Prototype {
  name: string;
  library: LibraryName;
  /** Bytes of arguments, for stdcall decoration on IA-32 Windows. */
  stdcallBytes?: number;
}

const headersOf = (p: Platform): string[] => {
  const all = readdirSync(includes).filter((f) => f.endsWith('.h') && f !== 'features.h');
  const posixOnly = [
    'pthread.h',
    'semaphore.h',
    'sched.h',
    'unistd.h',
    'strings.h',
    'ucontext.h',
    'getopt.h',
    'fcntl.h',
    'dirent.h',
    'fenv.h',
    'uchar.h',
  ];
  const windowsOnly = ['windows.h', 'process.h', 'excpt.h', 'mpswin.h'];
  const freebsdOnly = ['pthread_np.h', 'malloc_np.h'];
  const skip = [
    ...(p.os === 'windows' ? posixOnly : windowsOnly),
    ...(p.os === 'freebsd' ? [] : freebsdOnly),
    ...(p.os === 'linux' || p.os === 'macos' ? [] : ['alloca.h']),
    // <ucontext.h> of macOS wants a macro, by which types change.
    ...(p.os === 'macos' ? ['uchar.h', 'ucontext.h'] : []),
    // Macros alone, over math.h.
    'tgmath.h',
    ...(p.os === 'windows' || p.os === 'linux' ? [] : ['malloc.h']),
    ...(p.os === 'linux' ? [] : ['threads.h']),
  ];
  const names = all.filter((f) => !skip.includes(f));
  return p.os === 'windows'
    ? names
    : [
        ...names,
        'sys/mman.h',
        'sys/time.h',
        'sys/resource.h',
        'sys/stat.h',
        'sys/syscall.h',
        'sys/uio.h',
        ...(p.os === 'macos' ? machHeaders() : ['sys/auxv.h']),
      ];
};

function machHeaders(): string[] {
  return ['mach', 'os', 'malloc'].flatMap((folder) => readdirSync(join(includes, folder)).map((f) => `${folder}/${f}`));
}

function argumentBytes(list: string): number {
  if (/^\s*(void)?\s*$/.test(list)) return 0;
  let depth = 0;
  let bytes = 0;
  let current = '';
  const flush = (): void => {
    bytes += !current.includes('*') && /\b(long long|double|LONGLONG|ULONGLONG|LARGE_INTEGER)\b/.test(current) ? 8 : 4;
    current = '';
  };
  for (const c of list) {
    if (c === ',' && depth === 0) flush();
    else {
      if (c === '(') depth++;
      else if (c === ')') depth--;
      current += c;
    }
  }
  flush();
  return bytes;
}

/** `# 12 "path/mps.h"` lines say which header a prototype comes from. */
export async function prototypes(p: Platform): Promise<Prototype[]> {
  const directory = mkdtempSync(join(tmpdir(), 'mpsemu-prototypes-'));
  try {
    const source = join(directory, 'all.c');
    writeFileSync(
      source,
      headersOf(p)
        .map((h) => `#include <${h}>\n`)
        .join(''),
    );
    const target = targetOf(p);
    const text = await run(target.compiler, [...(await includeFlags(target)), ...target.flags, '-E', source]);
    const found = new Map<string, Prototype>();
    let header = '';
    for (const line of text.split('\n')) {
      const mark = /^# \d+ "([^"]*)"/.exec(line);
      if (mark) header = mark[1];
      if (!header.startsWith(includes) || line.startsWith('#') || /^\s*typedef/.test(line)) continue;
      const file = header.slice(includes.length + 1);
      const library: LibraryName = /^mps/.test(file) ? 'mps' : file === 'windows.h' ? 'kernel32' : 'c';
      const match = /^\s*(?:extern\s+)?[\w\s*]*?[\s*](\w+)\s*\((.*)\)\s*(?:__attribute__\s*\(\(.*\)\))?\s*;\s*$/.exec(line);
      const name = match?.[1] ?? (/^void \(\*signal\(/.test(line) ? 'signal' : undefined);
      // A pointer to a function is no function.
      if (name === undefined || match?.[2].startsWith('*') || /^\s*static/.test(line)) continue;
      const stdcall = p.os === 'windows' && p.cpu === 'ia32' && /__stdcall/.test(line.slice(0, line.indexOf(name)));
      found.set(name, { name, library, ...(stdcall && { stdcallBytes: argumentBytes(match?.[2] ?? '') }) });
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Our headers, and the compiler's own few (stddef, stdarg, limits, float). */
export async function includeFlags(target: { compiler: string; gcc: boolean }): Promise<string[]> {
  if (!target.gcc) return ['-isystem', includes];
  const own = (await run(target.compiler, ['-print-file-name=include'])).trim();
  return ['-nostdinc', '-isystem', includes, '-isystem', own];
}
