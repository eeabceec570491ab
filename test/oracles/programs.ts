/** The oracle programs: which there are, and what the first comment of each says of how it is built and compared. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../guests/harness.js';

/** Programs of this directory are compared on these platforms, if they say nothing else. */
export const PLATFORMS: Record<string, string[]> = {
  linux: ['lii6gc', 'lii3gc', 'lia6gc'],
  windows: ['w3i6mv'],
};

/** `library`: ours by `mpsemu cc` against our C library, theirs by their compiler. `static`: one file for both; `static-pie` and `musl` likewise. */
export const BUILDS = ['library', 'static', 'static-pie', 'musl'] as const;
export type Build = (typeof BUILDS)[number];

export interface Comparison {
  /** Platform that is modelled. */
  platform: string;
  /** Platform whose oracle answers: mostly the same. */
  oracle: string;
  build: Build;
}

export interface OracleProgram {
  /** `linux/memory`: directory and file. */
  name: string;
  path: string;
  flags: string[];
  comparisons: Comparison[];
}

const directory = join(root, 'test', 'oracles');
const KEYS = ['platforms', 'builds', 'flags'];

/** Lines `//! key: words` at the head of a source. */
function directives(path: string, text: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [, key, words] of text.matchAll(/^\/\/! *(\w+): *(.*)$/gm)) {
    if (!KEYS.includes(key)) throw new Error(`${path}: '${key}' is none of ${KEYS.join(', ')}`);
    found[key] = words.trim().split(/\s+/);
  }
  return found;
}

function read(os: string, file: string): OracleProgram {
  const path = join(directory, os, file);
  const { platforms = PLATFORMS[os], builds = ['library'], flags = [] } = directives(path, readFileSync(path, 'utf8'));
  const comparisons = platforms.flatMap((words) => {
    const [platform, oracle = platform] = words.split('=');
    return builds.map((name) => {
      const build = BUILDS.find((known) => known === name);
      if (!build) throw new Error(`${path}: no build is called '${name}'`);
      return { platform, oracle, build } satisfies Comparison;
    });
  });
  return { name: `${os}/${basename(file, '.c')}`, path, flags, comparisons };
}

export function oraclePrograms(): OracleProgram[] {
  return Object.keys(PLATFORMS)
    .filter((os) => existsSync(join(directory, os)))
    .flatMap((os) =>
      readdirSync(join(directory, os))
        .filter((file) => file.endsWith('.c'))
        .sort()
        .map((file) => read(os, file)),
    );
}
