/** Compile and link a guest program: what `mpsemu cc` does. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { platform, type Platform } from '../codes.js';
import { clientSources, crtSources } from './guest-libraries.js';
import { linkFor } from './paths.js';
import { includeFlags } from './prototypes.js';
import { stubFile } from './stubs.js';
import { targetOf } from './targets.js';
import { run, ToolchainError } from './tools.js';
import { linkWindows } from './windows-link.js';

export { ToolchainError };

export interface CompileOptions {
  platform: string;
  sources: string[];
  output: string;
  /** -O, -g, -I, -D, -f, -m, -W, -std … as given. */
  flags: string[];
  /** Link even if a function is provided by nobody. */
  allowMissing?: boolean;
}

/** The compiler's own words about errors stay; ours only where a tool is missing. */
export async function compile(options: CompileOptions): Promise<void> {
  const p = platform(options.platform);
  if (!p) throw new ToolchainError(`there is no platform '${options.platform}'`, 125);
  const target = targetOf(p);
  const work = mkdtempSync(join(tmpdir(), 'mpsemu-cc-'));
  try {
    const include = await includeFlags(target);
    // At a fixed address a call of what is not there can only go through a procedure linkage table.
    const position = options.allowMissing && p.os === 'freebsd' ? ['-fPIC'] : [];
    const optimise = options.flags.some((f) => f.startsWith('-O')) ? [] : ['-O1'];
    const libraries = options.flags.filter((f) => f.startsWith('-l'));
    const compiling = options.flags.filter((f) => !f.startsWith('-l'));
    const unknown = libraries.filter((l) => !['-lm', '-lc', '-lpthread', '-lmps', '-lthr'].includes(l));
    if (unknown.length > 0) throw new ToolchainError(`there is no guest library for ${unknown.join(', ')}`, 125);
    const objects: string[] = [];
    for (const [i, source] of options.sources.entries()) {
      if (source.endsWith('.o') || source.endsWith('.obj')) {
        objects.push(source);
        continue;
      }
      const object = join(work, `${i}-${basename(source).replace(/\.\w+$/, '')}.o`);
      // User include directories come before ours.
      const user = compiling.filter((f) => f.startsWith('-I'));
      const rest = compiling.filter((f) => !f.startsWith('-I'));
      await run(target.compiler, [
        ...user,
        ...include,
        ...target.flags,
        ...optimise,
        ...rest,
        ...position,
        `-ffile-prefix-map=${process.cwd()}=.`,
        '-c',
        source,
        '-o',
        object,
      ]);
      objects.push(object);
    }
    await link(p, objects, options);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function link(p: Platform, objects: string[], options: CompileOptions): Promise<void> {
  const target = targetOf(p);
  const folder = linkFor(p.code);
  const stub = (library: 'c' | 'mps' | 'kernel32'): string => join(folder, stubFile(p, library));
  if (!existsSync(stub('c'))) throw new ToolchainError(`the guest libraries for ${p.code} are not built: run 'make fixtures'`);
  const always = [...crtSources(p), ...clientSources].map((f) => join(folder, `${basename(f).replace(/\.\w+$/, '')}.o`));
  const all = [...objects, ...always];
  switch (p.os) {
    case 'windows':
      await linkWindows(p, [`/out:${options.output}`, ...all, stub('c'), stub('mps'), stub('kernel32')], options.allowMissing ?? false);
      return;
    case 'macos':
      await run('ld64.lld', [
        '-arch',
        target.arch!,
        '-platform_version',
        'macos',
        '11.0',
        '11.0',
        '-dead_strip',
        ...(options.allowMissing ? ['-undefined', 'dynamic_lookup'] : []),
        '-o',
        options.output,
        ...all,
        stub('c'),
        stub('mps'),
      ]);
      return;
    default:
      await run('ld.lld', [
        '-m',
        target.emulation!,
        ...(target.pie ? ['-pie'] : []),
        '--dynamic-linker',
        target.interpreter!,
        '--build-id=none',
        '--gc-sections',
        '--as-needed',
        ...(options.allowMissing ? ['--unresolved-symbols=ignore-all', '-z', 'undefs'] : []),
        '-o',
        options.output,
        ...all,
        stub('c'),
        stub('mps'),
      ]);
  }
}
