/** Compiles C to machine code without relocations and finds its functions, for any object format. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Abi } from '../../../emulator/abi/abi.js';
import { toolPath } from '../../../platforms/toolchain/tools.js';
import { missingTool } from '../../needs.js';
import { there } from '../../there.js';

export interface Target {
  abi: Abi['name'];
  compiler: string[];
}

const flags = [
  '-O1',
  '-c',
  '-ffreestanding',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fcf-protection=none',
  '-fno-common',
  '-fno-pic',
  '-w',
  '-x',
  'c',
];

function args(target: Target): string[] {
  const arm = target.abi === 'aapcs64' || target.abi === 'apple-arm64';
  return [...target.compiler.slice(1), ...flags.filter((flag) => !(arm && flag.startsWith('-fcf')))];
}

/** Why code for this target can't be made and read here; undefined if it can. */
export function missingTarget(target: Target): string | undefined {
  if (spawnSync(target.compiler[0], [...args(target), '-fsyntax-only', '-'], { input: 'int x;' }).status !== 0)
    return `${target.compiler[0]} is not installed, or does not know this target`;
  return missingTool('llvm-readobj', 'llvm-nm');
}

export interface Code {
  code: Uint8Array;
  /** Offset of each function. */
  symbols: Map<string, number>;
}

export function compile(target: Target, source: string): Code {
  const directory = mkdtempSync(join(tmpdir(), 'abi-'));
  try {
    const input = join(directory, 'input.c');
    const object = join(directory, 'input.o');
    writeFileSync(input, source);
    execFileSync(target.compiler[0], [...args(target), '-o', object, input], { stdio: ['ignore', 'ignore', 'pipe'] });
    return { code: text(object), symbols: functions(object) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function text(object: string): Uint8Array {
  const readobj = toolPath('llvm-readobj');
  const listing = execFileSync(readobj, ['--sections', object], { encoding: 'utf8', maxBuffer: 1 << 24 });
  const section = there(listing.split(/\n {2}Section {/).find((part) => /Name: (\.text|__text) /.test(part)));
  const number = (name: string) => Number(there(new RegExp(`\\b${name}: (\\w+)`).exec(section))[1]);
  const [offset, size] = /PointerToRawData/.test(section)
    ? [number('PointerToRawData'), number('RawDataSize')]
    : [number('Offset'), number('Size')];
  const relocations = execFileSync(readobj, ['--relocations', object], { encoding: 'utf8' });
  if (/Section[^{]*(\.text|__text)/.test(relocations)) throw new Error(`the code needs relocation: ${relocations.slice(0, 1000)}`);
  return new Uint8Array(readFileSync(object).subarray(offset, offset + size));
}

function functions(object: string): Map<string, number> {
  const listing = execFileSync(toolPath('llvm-nm'), [object], { encoding: 'utf8' });
  const found = new Map<string, number>();
  for (const [, offset, name] of listing.matchAll(/^([0-9a-f]+) [Tt] _?(\w+?)(?:@\d+)?$/gm)) found.set(name, parseInt(offset, 16));
  return found;
}
