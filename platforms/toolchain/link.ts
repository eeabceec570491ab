/** Linking a guest program with lld, with the platform's start code, C library and MPS. */
import { present } from '../../emulator/present.js';
import { existsSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Platform } from '../codes.js';
import type { CommandLine, LinkChoices } from './command-line.js';
import { plainPath } from './inputs.js';
import { linkerEnvironment, linkerFlags, type Debug } from './debug.js';
import { clientSources, crtSources } from './guest-libraries.js';
import { linkFor } from './paths.js';
import { stubFile } from './stubs.js';
import { targetOf } from './targets.js';
import { ToolchainError, usage, type RunAt } from './tools.js';

export interface LinkOptions {
  /** Link even if a function is provided by nobody. */
  allowMissing: boolean;
  /** Without the MPS and its client's part. */
  noMps: boolean;
  debug: Debug;
  /** Where objects lie that nobody sees. */
  temporary: string;
}

export interface LinkCommand {
  tool: 'ld.lld' | 'ld64.lld' | 'lld-link';
  args: string[];
  at?: RunAt;
}

/**
 * Libraries of each OS that every program is linked with anyway, as far as we have their functions: makefiles name more than
 * their programs use.
 */
const own: Record<Platform['os'], string[]> = {
  linux: ['c', 'm', 'pthread', 'rt', 'dl', 'util', 'resolv', 'anl', 'gcc', 'gcc_s', 'mps'],
  freebsd: ['c', 'm', 'pthread', 'thr', 'rt', 'dl', 'util', 'gcc', 'gcc_s', 'compiler_rt', 'mps'],
  macos: ['c', 'm', 'pthread', 'System', 'dl', 'util', 'resolv', 'mps'],
  windows: ['c', 'm', 'kernel32', 'ucrt', 'msvcrt', 'vcruntime', 'libcmt', 'oldnames', 'mps'],
};

/** File of `-lNAME`, or undefined where it is one of ours. `-l:FILE` is that very file. */
export function findLibrary(p: Platform, name: string, folders: string[]): string | undefined {
  const files = name.startsWith(':') ? [name.slice(1)] : p.os === 'windows' ? [`${name}.lib`, `lib${name}.a`] : [`lib${name}.a`];
  for (const folder of folders) {
    const path = files.map((file) => join(folder, file)).find((file) => existsSync(file));
    if (path !== undefined) return path;
  }
  if (own[p.os].includes(name)) return undefined;
  const where = folders.length === 0 ? 'and no -L says where to look' : `in ${folders.join(', ')}`;
  throw new ToolchainError(`there is no library -l${name} for ${p.code}: no ${files.join(' or ')} ${where}`);
}

/** lld-link takes what begins with a slash for an option. */
const windowsPath = (path: string): string => (path.startsWith('/') ? plainPath(relative(process.cwd(), path)) : path);

/** What goes into the program, in the order of the command line. `objects`: of the sources, in theirs. */
function inputsOf(p: Platform, line: CommandLine, objects: string[]): string[] {
  const rest = [...objects];
  const path = p.os === 'windows' ? windowsPath : (file: string): string => file;
  return line.items.flatMap((item) => {
    switch (item.kind) {
      case 'source':
        return [path(present(rest.shift(), 'an object'))];
      case 'object':
        return [path(plainPath(item.path))];
      case 'library': {
        const file = findLibrary(p, item.name, line.libraryFolders);
        return file === undefined ? [] : [path(plainPath(file))];
      }
      case 'linker':
        return item.options;
      default:
        return [];
    }
  });
}

/** The mark that names the platform is in every program; start code and libraries can be left out. */
function guestParts(p: Platform, link: LinkChoices, named: Set<string>, noMps: boolean): string[] {
  const folder = linkFor(p.code);
  const stub = (library: 'c' | 'mps' | 'kernel32'): string => join(folder, stubFile(p, library));
  if (!existsSync(stub('c'))) throw new ToolchainError(`the guest libraries for ${p.code} are not built: run 'make fixtures'`);
  const starts = (source: string): boolean => /^(start|entry)-/.test(basename(source));
  const sources = crtSources(p).filter((source) => link.startFiles || !starts(source));
  // Without the libraries of every program there are those that the command line names.
  const has = (library: string): boolean => link.libraries || named.has(library);
  const mps = has('mps') && !noMps;
  const objects = [...sources, ...(mps ? clientSources : [])].map((source) => join(folder, `${basename(source).replace(/\.\w+$/, '')}.o`));
  const c = link.libraries || own[p.os].some((library) => named.has(library) && library !== 'mps' && library !== 'kernel32');
  return [
    ...objects,
    ...(c ? [stub('c')] : []),
    ...(mps ? [stub('mps')] : []),
    ...(p.os === 'windows' && has('kernel32') ? [stub('kernel32')] : []),
  ];
}

export function linkCommand(p: Platform, line: CommandLine, objects: string[], output: string, options: LinkOptions): LinkCommand {
  const target = targetOf(p);
  const { link } = line;
  const inputs = inputsOf(p, line, objects);
  const named = new Set(line.items.flatMap((item) => (item.kind === 'library' ? [item.name] : [])));
  const parts = guestParts(p, link, named, options.noMps);
  if (link.pie !== undefined && link.pie !== target.pie && p.os !== 'linux') {
    throw usage(
      `programs for ${p.code} are ${target.pie ? 'position-independent' : 'linked at fixed addresses'}: ${link.pie ? '-pie' : '-no-pie'} is not offered`,
    );
  }
  if (link.exportDynamic && (p.os === 'macos' || p.os === 'windows')) throw usage(`-rdynamic is not offered on ${p.code}`);
  switch (p.os) {
    case 'windows': {
      const elf = line.items.find((item) => item.kind === 'linker' && /^-[uezT]/.test(item.words[0]));
      if (elf) throw usage(`${elf.words.join(' ')} is not offered on ${p.code}: give lld-link's own options with -Wl,`);
      return {
        tool: 'lld-link',
        args: [
          ...(link.startFiles ? ['/entry:mainCRTStartup'] : []),
          '/subsystem:console',
          '/nodefaultlib',
          '/brepro',
          ...(link.strip ? [] : ['/debug:symtab']),
          ...linkerFlags(p, options.debug, options.temporary),
          '/errorlimit:0',
          ...(p.cpu === 'ia32' ? ['/safeseh:no'] : []),
          `/out:${output}`,
          // What a program exports would make an import library beside it, which nobody can use.
          `/implib:${join(options.temporary, 'exports.lib')}`,
          ...inputs,
          ...parts.map(windowsPath),
        ],
      };
    }
    case 'macos':
      return {
        tool: 'ld64.lld',
        args: [
          ...['-arch', present(target.arch, 'the architecture'), '-platform_version', 'macos', '11.0', '11.0', '-dead_strip'],
          ...(link.strip ? ['-S'] : []),
          ...linkerFlags(p, options.debug, options.temporary),
          ...(options.allowMissing ? ['-undefined', 'dynamic_lookup'] : []),
          ...['-o', plainPath(output), ...inputs, ...parts],
        ],
        at: linkerEnvironment,
      };
    default:
      return {
        tool: 'ld.lld',
        args: [
          ...['-m', present(target.emulation, 'the emulation')],
          ...((link.pie ?? target.pie) ? ['-pie'] : []),
          ...['--dynamic-linker', present(target.interpreter, 'the interpreter'), '--build-id=none', '--gc-sections', '--as-needed'],
          ...(link.exportDynamic ? ['--export-dynamic'] : []),
          ...(link.strip ? ['-s'] : []),
          ...linkerFlags(p, options.debug, options.temporary),
          ...(options.allowMissing ? ['--unresolved-symbols=ignore-all', '-z', 'undefs'] : []),
          ...['-o', plainPath(output), ...inputs, ...parts],
        ],
      };
  }
}
