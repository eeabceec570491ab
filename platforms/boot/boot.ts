/**
 * From a program file to a process ready to run: parse, choose its platform,
 * create the OS model, place the program and its libraries, bind every import to
 * the guest half of the C library (machine code) or to a host function.
 */
import { present } from '../../emulator/present.js';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { EventStream } from '../../emulator/events.js';
import { LoadError, type Image } from '../../emulator/loader/image.js';
import { LoadedImages } from '../../emulator/loader/link.js';
import { parseImage } from '../../emulator/loader/load.js';
import { isRegularFile } from '../../emulator/loader/regular-file.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { CodeNames } from '../../emulator/process/code-names.js';
import type { HostFunction, HostLibrary } from '../../emulator/process/host-call.js';
import { Process } from '../../emulator/process/process.js';
import { cLibrary, GuestFiles } from '../clib/index.js';
import { platform as platformOf, type OsName, type Platform } from '../codes.js';
import { freebsd } from '../freebsd/index.js';
import { candidates } from './infer.js';
import { linux } from '../linux/index.js';
import { macos } from '../macos/index.js';
import { OptionError } from '../option-error.js';
import type { Os, OsDefinition, OsOptions } from '../os.js';
import { builtFor, projectRoot } from '../toolchain/paths.js';
import { windows } from '../windows/index.js';

export const systems: Record<OsName, OsDefinition> = { windows, linux, freebsd, macos };

export interface BootOptions extends OsOptions {
  path: string;
  bytes: Uint8Array;
  /** Platform code, where the file does not say. */
  code?: string;
  budget?: number;
  /** Bytes that the host may hold for the program: 2 GiB if not given. */
  memory?: number;
  /** Libraries of the layers above (libmps), made once the OS exists. */
  libraries(os: Os, process: Process): HostLibrary[];
  /** Called before anything happens. */
  listen?(events: EventStream, names: CodeNames): void;
}

export interface Booted {
  platform: Platform;
  process: Process;
  os: Os;
  images: LoadedImages;
  /** What the program may import of the host. */
  hosts: HostBinding;
}

export { projectRoot };

function choosePlatform(image: Image, bytes: Uint8Array, code: string | undefined): Platform {
  const fits = candidates(image, bytes);
  if (code === undefined) {
    if (fits.length === 1) return fits[0];
    if (fits.length === 0) throw new LoadError(`${image.path}: no platform of the MPS runs ${image.format} files for ${image.cpu}`);
    throw new OptionError(`${image.path} may be for ${fits.map((p) => p.code).join(' or ')}: say which with --platform`);
  }
  const chosen = present(platformOf(code), `platform ${code}`);
  const format = { windows: 'pe', macos: 'macho', linux: 'elf', freebsd: 'elf' }[chosen.os];
  if (image.format !== format)
    throw new LoadError(`${image.path}: an ${image.format} file does not run on ${code}, which loads ${format} files`);
  if (image.cpu !== chosen.cpu) throw new LoadError(`${image.path}: compiled for ${image.cpu}, but ${code} is ${chosen.cpu}`);
  if (image.os !== undefined && image.os !== chosen.os)
    throw new LoadError(`${image.path}: compiled for ${image.os}, but ${code} is ${chosen.os}`);
  return chosen;
}

export function boot(options: BootOptions): Booted {
  const image = parseImage(options.bytes, options.path);
  if (image.kind !== 'executable') throw new LoadError(`${options.path}: a library, not a program`);
  const platform = choosePlatform(image, options.bytes, options.code);
  const system = systems[platform.os];
  for (const quirk of options.quirks) {
    if (!Object.hasOwn(system.quirks, quirk)) {
      const known = Object.keys(system.quirks);
      throw new OptionError(
        `${platform.code} has no quirk '${quirk}'${known.length > 0 ? `; it has ${known.join(', ')}` : '; it has none'}`,
      );
    }
  }
  if (options.osVersion !== undefined && !system.versions.includes(options.osVersion)) {
    throw new OptionError(`${platform.os} is modelled as one of ${system.versions.join(', ')}, not '${options.osVersion}'`);
  }
  const process = new Process({
    ...system.processOptions(platform),
    seed: options.seed,
    ...(options.budget !== undefined && { budget: options.budget }),
    ...(options.memory !== undefined && { memory: options.memory }),
  });
  try {
    return start(image, platform, process, options);
  } catch (error) {
    process.close();
    // Nothing of it has run: there was no room for what it brings.
    const limit = `the ${process.memoryLimit.limit} bytes of memory that it may hold`;
    if (process.status) throw new LoadError(`${options.path}: it does not fit in ${limit}`);
    if (error instanceof GuestFault) throw new LoadError(`${options.path}: it can't be started in ${limit}: ${error.message}`);
    throw error;
  }
}

function start(image: Image, platform: Platform, process: Process, options: BootOptions): Booted {
  options.listen?.(process.events, process.names);
  const files = new GuestFiles(options.directories, platform.os === 'windows', (units) => process.clock.advance(units));
  const os = systems[platform.os].create({ platform, process, options, files });
  process.os = os;
  const system = os.libraries();
  const libraries = [...system, ...cLibrary({ platform, process, os, options, system }), ...options.libraries(os, process)];
  const hosts = new HostBinding(process, libraries);
  const images = load(image, options.path, platform, process, os, libraries, hosts);
  process.names.images = images;
  os.start(images.program, images, (name) => images.exported(name) ?? hosts.address(name));
  return { platform, process, os, images, hosts };
}

/** 'c' of libc.so.6, 'kernel32' of KERNEL32.dll, 'mps' of libmps.dylib. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^lib(?=.)/, '')
    .replace(/\..*$/, '');
}

/** Libraries whose functions the C library's host half offers. */
const partsOfLibc = ['c', 'm', 'pthread', 'thr', 'rt', 'dl', 'mps', 'system'];

/** Load `image` and the libraries it needs; bind all imports. */
function load(
  image: Image,
  path: string,
  platform: Platform,
  process: Process,
  os: Os,
  libraries: HostLibrary[],
  hosts: HostBinding,
): LoadedImages {
  const images = new LoadedImages(process.space, process.supervisor, platform.pageSize);
  const search = [dirname(path), builtFor(platform.code)];
  const hostNames = new Set([...libraries.map((library) => plainName(library.name)), ...partsOfLibc]);
  const place = (placed: Image, asked: string, by: string): void => {
    const { base } = images.add(placed, os.place(placed));
    if (process.events.on) process.events.emit('module-load', { path: asked, base, limit: base + placed.span, by });
  };
  place(image, path, 'the command line');
  const seen = new Set<string>();
  for (let i = 0; i < images.list.length; i++) {
    const always = i === 0 ? (os.alwaysLoaded ?? []) : [];
    for (const needed of [...always, ...images.list[i].image.libraries]) {
      const name = basename(needed.replaceAll('\\', '/'));
      if (seen.has(name.toLowerCase())) continue;
      seen.add(name.toLowerCase());
      const file = search.map((directory) => join(directory, name)).find(isRegularFile);
      if (file !== undefined) {
        const library = parseImage(readFileSync(file), file);
        place(library, needed, basename(images.list[i].image.path));
      } else if (!hostNames.has(plainName(name))) {
        throw new LoadError(
          `${images.list[i].image.path}: needs the library '${needed}', which neither its folder nor ${platform.code}'s guest libraries have`,
        );
      }
    }
  }
  for (const { name, probes = [], loaded } of libraries) {
    loaded?.((wanted) => images.exported(wanted));
    for (const probe of probes) {
      const address = images.exported(probe.name);
      if (address !== undefined) process.probe(address, probe, name);
    }
  }
  images.link((wanted, from) => images.exported(wanted.name, from) ?? hosts.address(wanted.name));
  return images;
}

/** Host functions by name; each gets its gate when something first imports it. */
export class HostBinding {
  private readonly functions = new Map<string, { fn: HostFunction; library: string; address?: number }>();

  constructor(
    private readonly process: Process,
    libraries: HostLibrary[],
  ) {
    for (const library of libraries) {
      for (const fn of library.functions) {
        // The first library that offers a name provides it: the OS's own before the C library's.
        if (!this.functions.has(fn.name)) this.functions.set(fn.name, { fn, library: library.name });
      }
    }
  }

  get all(): HostFunction[] {
    return [...this.functions.values()].map(({ fn }) => fn);
  }

  address(name: string): number | undefined {
    const found = this.functions.get(name);
    if (!found) return undefined;
    return (found.address ??= this.process.defineHostFunction(found.fn, found.library));
  }
}
