/**
 * The Engine of emulator/engine.ts over the native module (emulator/native). Numbers
 * cross in shared arrays: the register block, and one Float64Array that holds the exit
 * record and what changes with every call.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BLOCK_BYTES } from './cpu/registers.js';
import { EngineUnavailable, RegisterGroup } from './engine.js';
import type { Context, CpuMode, CpuName, Engine, EngineOptions, ExitRecord, Registers, X86Instruction, X86Selectors } from './engine.js';

/** Order as in emulator/native/exits.h. */
const State = {
  reason: 0,
  pc: 1,
  address: 2,
  canonical: 3,
  access: 4,
  size: 5,
  number: 6,
  detail: 7,
  executed: 8,
  dirty: 9,
  budget: 10,
  timestamp: 11,
  generation: 12,
  mappingGeneration: 13,
  resident: 14,
  peakResident: 15,
  tables: 16,
  kept: 17,
  translated: 18,
} as const;
const STATE_SLOTS = 19;

interface NativeHandle {
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

function nativeModule(): NativeModule {
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

class NativeExit implements ExitRecord {
  constructor(
    private readonly state: Float64Array,
    private readonly accessSize: () => number,
  ) {}
  get reason(): number {
    return this.state[State.reason];
  }
  get pc(): number {
    return this.state[State.pc];
  }
  get address(): number {
    return this.state[State.address];
  }
  get canonical(): boolean {
    return this.state[State.canonical] !== 0;
  }
  get access(): number {
    return this.state[State.access];
  }
  /** Found when it is asked for: ask before the next run. */
  get size(): number {
    return this.state[State.size] >= 0 ? this.state[State.size] : this.accessSize();
  }
  get number(): number {
    return this.state[State.number];
  }
  get detail(): number {
    return this.state[State.detail];
  }
  get executed(): number {
    return this.state[State.executed];
  }
}

const HIGH = 0x100000000;

class NativeRegisters implements Registers {
  readonly buffer = new ArrayBuffer(BLOCK_BYTES);
  private readonly words = new Uint32Array(this.buffer);
  private readonly slots = new BigUint64Array(this.buffer);
  constructor(private readonly state: Float64Array) {}
  get dirty(): number {
    return this.state[State.dirty];
  }
  set dirty(mask: number) {
    this.state[State.dirty] = mask;
  }
  get(slot: number): number {
    return this.words[slot * 2] + this.words[slot * 2 + 1] * HIGH;
  }
  lo(slot: number): number {
    return this.words[slot * 2];
  }
  hi(slot: number): number {
    return this.words[slot * 2 + 1];
  }
  big(slot: number): bigint {
    return this.slots[slot];
  }
  /** A negative value is written as its two's complement. */
  set(slot: number, value: number): void {
    this.words[slot * 2] = value;
    this.words[slot * 2 + 1] = Math.floor(value / HIGH);
    this.state[State.dirty] = this.state[State.dirty] | RegisterGroup.General;
  }
  setBig(slot: number, value: bigint): void {
    this.slots[slot] = value;
    this.state[State.dirty] = this.state[State.dirty] | RegisterGroup.General;
  }
}

const CPU_NUMBER: Record<CpuName, number> = { ia32: 0, 'x86-64': 1, arm64: 2 };

/** Linux's selectors: what a 32-bit process on a 64-bit kernel sees, and a 64-bit one. */
const DEFAULT_SELECTORS: Record<CpuName, X86Selectors> = {
  ia32: { cs: 0x23, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0, gs: 0x63 },
  'x86-64': { cs: 0x33, ss: 0x2b, ds: 0, es: 0, fs: 0, gs: 0 },
  arm64: { cs: 0, ss: 0, ds: 0, es: 0, fs: 0, gs: 0 },
};

/** The selector of the CPU's other mode, by what OSes do: 0x23 beside 0x33, 0x33 beside 0x43; 32-bit kernels have none. */
function otherMode(cpu: CpuName, cs: number): number {
  const pairs: [number, number][] = [
    [0x23, 0x33],
    [0x33, 0x43],
    [0x1b, 0x2b],
  ];
  if (cpu === 'ia32') return cs === 0x23 || cs === 0x33 ? cs + 0x10 : 0;
  return pairs.find(([, long]) => long === cs)?.[0] ?? 0;
}

function selectorTable(options: EngineOptions): Uint16Array {
  const s = { ...DEFAULT_SELECTORS[options.cpu], ...options.selectors };
  const other = s.other ?? otherMode(options.cpu, s.cs);
  const [cs32, cs64] = options.cpu === 'ia32' ? [s.cs, other] : [other, s.cs];
  return Uint16Array.of(s.cs, s.ss, s.ds, s.es, s.fs, s.gs, cs32, cs64);
}

/**
 * What Unicorn knows and has no call for, or a slow one; each is found by experiment (emulator/native/unicorn-places.h).
 * A mask of them.
 */
export const UnicornPlace = {
  RefusedAddress: 1,
  ExceptionInFlight: 2,
  ExclusiveMonitor: 4,
  HookRange: 8,
  Registers: 16,
  ErrorCode: 32,
  FloatFlags: 64,
} as const;

export class NativeEngine implements Engine {
  readonly cpu: CpuName;
  readonly pageSize: number;
  readonly physical: ArrayBuffer;
  readonly registers: Registers;
  readonly exit: ExitRecord;
  private readonly state = new Float64Array(STATE_SLOTS);
  private readonly native: NativeHandle;

  /** `hiddenPlaces`: a mask of UnicornPlace that are not to be found, so that what then happens can be tried. */
  constructor(options: EngineOptions, hiddenPlaces = 0) {
    this.cpu = options.cpu;
    this.pageSize = options.pageSize ?? 4096;
    if (this.pageSize !== 4096 && !(this.pageSize === 16384 && options.cpu === 'arm64')) {
      throw new RangeError(`page size ${this.pageSize} does not exist on ${options.cpu}`);
    }
    const bytes = options.physicalBytes ?? 0x100000000 - this.pageSize;
    if (!(bytes >= 16 * this.pageSize && bytes <= 0x100000000))
      throw new RangeError(`physicalBytes ${bytes} is not between ${16 * this.pageSize} and 4 GiB`);
    const registers = new NativeRegisters(this.state);
    const shift = this.pageSize === 16384 ? 14 : 12;
    const { createEngine } = nativeModule();
    try {
      this.native = createEngine(
        CPU_NUMBER[options.cpu],
        bytes,
        shift,
        selectorTable(options),
        this.state,
        registers.buffer,
        hiddenPlaces,
        options.alignmentChecks ?? true,
      );
    } catch (error) {
      throw new EngineUnavailable(`the emulated CPU can't be opened: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.physical = this.native.physical;
    this.registers = registers;
    this.exit = new NativeExit(this.state, this.native.accessSize);
  }

  run(budget: number): number {
    const state = this.state;
    state[State.budget] = budget;
    this.native.run();
    return state[State.reason];
  }

  readFloat(): void {
    this.native.readFloat();
  }
  writeFloat(): void {
    this.state[State.dirty] = this.state[State.dirty] | RegisterGroup.Float;
  }

  newContext(mode?: CpuMode): Context {
    return this.native.newContext((mode ?? (this.cpu === 'ia32' ? '32' : '64')) === '32' ? 1 : 0);
  }
  saveContext(context: Context): void {
    this.native.saveContext(context);
  }
  restoreContext(context: Context): void {
    this.native.restoreContext(context);
  }
  freeContext(context: Context): void {
    this.native.freeContext(context);
  }

  private checkRange(address: number, length: number): void {
    if (address % this.pageSize !== 0 || length % this.pageSize !== 0 || address < 0 || length < 0 || address + length > 0x1000000000000) {
      throw new RangeError(`[0x${address.toString(16)}, +0x${length.toString(16)}) is not a range of pages`);
    }
  }
  mapPages(address: number, length: number, prot: number): void {
    this.checkRange(address, length);
    this.native.mapPages(address, length, prot);
  }
  unmapPages(address: number, length: number): void {
    this.checkRange(address, length);
    this.native.unmapPages(address, length);
  }
  discardPages(address: number, length: number): void {
    this.checkRange(address, length);
    this.native.discardPages(address, length);
  }
  protectPages(address: number, length: number, prot: number): void {
    this.checkRange(address, length);
    this.native.protectPages(address, length, prot);
  }
  aliasPages(address: number, source: number, length: number, prot: number): void {
    this.checkRange(address, length);
    this.checkRange(source, length);
    this.native.aliasPages(address, source, length, prot);
  }
  translate(address: number, access: number): number {
    return this.native.translate(address, access);
  }
  protection(address: number): number {
    return this.native.protection(address);
  }
  protectionEnd(address: number, limit: number): number {
    return this.native.protectionEnd(address, limit);
  }
  resident(address: number): boolean {
    return this.native.resident(address) !== 0;
  }
  codeChanged(address: number, length: number): void {
    this.native.codeChanged(address, length);
  }
  get generation(): number {
    return this.state[State.generation];
  }
  get mappingGeneration(): number {
    return this.state[State.mappingGeneration];
  }
  get residentBytes(): number {
    return this.state[State.resident];
  }
  get tableBytes(): number {
    return this.state[State.tables];
  }
  get keptBytes(): number {
    return this.state[State.kept];
  }
  set keptBytes(bytes: number) {
    this.state[State.kept] = bytes;
  }
  get translationUnits(): number {
    return this.state[State.translated];
  }
  get peakResidentBytes(): number {
    return this.state[State.peakResident];
  }

  decode(address: number): X86Instruction | undefined {
    return this.native.decode(address);
  }
  /** A mask of UnicornPlace: those that were found. */
  get unicornPlaces(): number {
    return this.native.places();
  }

  addBreakpoint(address: number): void {
    this.native.setBreakpoint(address, 1);
  }
  removeBreakpoint(address: number): void {
    this.native.setBreakpoint(address, 0);
  }
  addWatchpoint(address: number, length: number, access: number): void {
    this.native.addWatchpoint(address, length, access);
  }
  removeWatchpoint(address: number, length: number): void {
    this.native.removeWatchpoint(address, length);
  }

  setTimestamp(units: number): void {
    this.state[State.timestamp] = units;
  }
  recordInstructions(capacity: number): void {
    this.native.record(capacity);
  }
  recordedInstructions(): number[] {
    return this.native.recorded();
  }

  close(): void {
    this.native.close();
  }
}

/** Opens the engine that this build has. */
export function openEngine(options: EngineOptions): Engine {
  return new NativeEngine(options);
}
