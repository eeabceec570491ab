/**
 * The Engine of emulator/engine.ts over the native module (emulator/native). Numbers
 * cross in shared arrays: the register block, and one Float64Array that holds the exit
 * record and what changes with every call.
 */
import { EngineUnavailable, RegisterGroup } from './engine.js';
import type { Context, CpuMode, CpuName, Engine, EngineOptions, ExitRecord, Registers, X86Instruction } from './engine.js';
import { nativeModule, type NativeHandle } from './native-module.js';
import { NativeExit, NativeRegisters, State, STATE_SLOTS } from './native-state.js';
import { selectorTable } from './cpu/x86-selectors.js';

const CPU_NUMBER: Record<CpuName, number> = { ia32: 0, 'x86-64': 1, arm64: 2 };

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
