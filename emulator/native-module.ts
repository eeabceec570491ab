/** The native module (emulator/native): what it offers, and where it is found. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { X86Instruction } from './engine.js';

export interface NativeHandle {
  readonly physical: ArrayBuffer;
  run(): void;
  readFloat(): void;
  newContext(mode: number): number;
  saveContext(id: number): void;
  restoreContext(id: number): void;
  freeContext(id: number): void;
  mapPages(address: number, length: number, prot: number): void;
  unmapPages(address: number, length: number): void;
  discardPages(address: number, length: number): void;
  protectPages(address: number, length: number, prot: number): void;
  aliasPages(address: number, source: number, length: number, prot: number): void;
  translate(address: number, access: number): number;
  protection(address: number): number;
  protectionEnd(address: number, limit: number): number;
  resident(address: number): number;
  codeChanged(address: number, length: number): void;
  setBreakpoint(address: number, on: number): void;
  addWatchpoint(address: number, length: number, access: number): void;
  removeWatchpoint(address: number, length: number): void;
  record(capacity: number): void;
  recorded(): number[];
  accessSize(): number;
  decode(address: number): X86Instruction | undefined;
  places(): number;
  close(): void;
}

interface NativeModule {
  catchSignals(word: Int32Array): void;
  releaseSignals(): void;
  createEngine(
    cpu: number,
    bytes: number,
    shift: number,
    selectors: Uint16Array,
    state: Float64Array,
    block: ArrayBuffer,
    hiddenPlaces: number,
    alignmentChecks: boolean,
  ): NativeHandle;
}

let loaded: NativeModule | undefined;

/** It was never built here, or can't be loaded. */
export class NativeModuleMissing extends Error {}

export function nativeModule(): NativeModule {
  if (loaded) return loaded;
  const start = dirname(fileURLToPath(import.meta.url));
  let folder = start;
  while (!existsSync(join(folder, 'package.json')) || !existsSync(join(folder, 'emulator', 'native', 'build.mjs'))) {
    if (dirname(folder) === folder) throw new NativeModuleMissing(`there is no emulator/native/build.mjs above ${start}`);
    folder = dirname(folder);
  }
  const native = join(folder, 'emulator', 'native');
  const file = join(native, 'build', 'Release', 'engine.node');
  const way = `build it with 'node ${join(native, 'build.mjs')}'`;
  if (!existsSync(file)) throw new NativeModuleMissing(`the native module is not built: ${way}`);
  try {
    loaded = createRequire(import.meta.url)(file) as NativeModule;
  } catch (error) {
    throw new NativeModuleMissing(`the native module can't be loaded (${(error as Error).message.split('\n')[0]}): ${way}`);
  }
  return loaded;
}

/** From now on SIGINT and SIGTERM do no more than appear in the first element. */
export function catchSignals(): Int32Array {
  const word = new Int32Array(new ArrayBuffer(4));
  nativeModule().catchSignals(word);
  return word;
}

/** They end the command again. */
export function releaseSignals(): void {
  nativeModule().releaseSignals();
}
