/**
 * The process and thread environment blocks (PEB, TEB), the process parameters
 * and the shared user data page, at their true offsets in guest memory.
 * Placement is that of Windows without address randomisation.
 */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace } from '../../emulator/memory/address-space.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { SHARED_DATA, sharedData, type Layout } from './layout.js';
import { GRANULARITY, Mem, Page, PAGE_SIZE } from './memory-constants.js';
import type { Stack } from './stacks.js';
import type { VirtualMemory } from './virtual-memory.js';

/** The only process's identifier. */
export const PROCESS_ID = 0xfa0;
const WINDOWS_VERSION = { major: 10, minor: 0, build: 19045 } as const;
/** 100 ns units from 1601 to the run's beginning: 2024-01-01 00:00:00 UTC, always. */
export const START_TIME = 133_485_408_000_000_000n;
const TICK_UNITS = 15_625_000;

export class ProcessBlock {
  readonly peb: number;
  private readonly freeTebs: number[] = [];
  private lastTick = -1;

  constructor(
    private readonly vm: VirtualMemory,
    private readonly memory: MemoryView,
    private readonly layout: Layout,
    space: AddressSpace,
  ) {
    const first = layout.wordSize === 4 ? 0x7ffd0000 : 0x7fffffd0000;
    if (!vm.allocate(first, GRANULARITY, Mem.RESERVE, Page.READWRITE)) throw new Error('the place of the PEB is taken');
    this.peb = first + GRANULARITY - PAGE_SIZE;
    vm.allocate(this.peb, PAGE_SIZE, Mem.COMMIT, Page.READWRITE);
    this.addTebs(first, this.peb);
    space.map(SHARED_DATA, PAGE_SIZE, Prot.Read, { name: 'shared user data' });
    vm.addMapped(SHARED_DATA, PAGE_SIZE, Mem.PRIVATE, Page.READONLY).set(0, Page.READONLY);
    this.fillSharedData();
  }

  private addTebs(base: number, limit: number): void {
    const { bytes } = this.layout.teb;
    // Taken from the end: highest first.
    const tebs: number[] = [];
    for (let teb = limit - bytes; teb >= base; teb -= bytes) tebs.unshift(teb);
    this.freeTebs.push(...tebs);
  }

  private fillSharedData(): void {
    const { memory } = this;
    memory.setU32(SHARED_DATA + sharedData.tickCountMultiplier, 0x0fa00000);
    memory.setU32(SHARED_DATA + sharedData.majorVersion, WINDOWS_VERSION.major);
    memory.setU32(SHARED_DATA + sharedData.minorVersion, WINDOWS_VERSION.minor);
    memory.write(SHARED_DATA + sharedData.systemRoot, utf16('C:\\Windows\0'));
    this.tick(0);
  }

  /** Virtual time has come to `now`: the times in the shared page move at each clock tick of 15.625 ms. */
  tick(now: number): void {
    const tick = Math.floor(now / TICK_UNITS);
    if (tick === this.lastTick) return;
    this.lastTick = tick;
    const elapsed = BigInt(tick) * BigInt(TICK_UNITS / 100);
    this.setSystemTime(SHARED_DATA + sharedData.interruptTime, elapsed);
    this.setSystemTime(SHARED_DATA + sharedData.systemTime, START_TIME + elapsed);
    this.setSystemTime(SHARED_DATA + sharedData.tickCount, BigInt(tick));
  }

  /** KSYSTEM_TIME: low, high, high again. */
  private setSystemTime(address: number, value: bigint): void {
    const high = Number((value >> 32n) & 0xffffffffn);
    this.memory.setU32(address + 8, high);
    this.memory.setU32(address, Number(value & 0xffffffffn));
    this.memory.setU32(address + 4, high);
  }

  fillPeb(imageBase: number, processHeap: number, parameters: number): void {
    const { peb } = this.layout;
    this.memory.setWord(this.peb + peb.imageBase, imageBase);
    this.memory.setWord(this.peb + peb.processHeap, processHeap);
    this.memory.setWord(this.peb + peb.processParameters, parameters);
    this.memory.setU32(this.peb + peb.processors, 1);
    this.memory.setU32(this.peb + peb.osMajor, WINDOWS_VERSION.major);
    this.memory.setU32(this.peb + peb.osMinor, WINDOWS_VERSION.minor);
    this.memory.setU16(this.peb + peb.osBuild, WINDOWS_VERSION.build);
    this.memory.setU32(this.peb + peb.sessionId, 1);
  }

  private moreTebs(): number | undefined {
    const base = this.vm.allocate(0, GRANULARITY, Mem.RESERVE | Mem.TOP_DOWN, Page.READWRITE);
    if (!base) return undefined;
    this.addTebs(base, base + GRANULARITY);
    return this.freeTebs.pop();
  }

  /** A new TEB for a thread with that stack. Undefined: no memory. */
  createTeb(stack: Stack, processId: number, threadId: number): number | undefined {
    const teb = this.freeTebs.pop() ?? this.moreTebs();
    if (teb === undefined) return undefined;
    const { layout, memory } = this;
    if (!this.vm.allocate(teb, layout.teb.bytes, Mem.COMMIT, Page.READWRITE)) return undefined;
    if (layout.wordSize === 4) memory.setU32(teb + layout.teb.exceptionList, 0xffffffff);
    memory.setWord(teb + layout.teb.stackBase, stack.base);
    memory.setWord(teb + layout.teb.stackLimit, stack.limit);
    memory.setWord(teb + layout.teb.deallocationStack, stack.deallocation);
    memory.setWord(teb + layout.teb.self, teb);
    memory.setWord(teb + layout.teb.processId, processId);
    memory.setWord(teb + layout.teb.threadId, threadId);
    memory.setWord(teb + layout.teb.peb, this.peb);
    return teb;
  }

  freeTeb(teb: number): void {
    this.vm.free(teb, this.layout.teb.bytes, Mem.DECOMMIT);
    this.freeTebs.push(teb);
  }
}

export function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    bytes[2 * i] = text.charCodeAt(i) & 0xff;
    bytes[2 * i + 1] = text.charCodeAt(i) >> 8;
  }
  return bytes;
}

/** One argument as the C run-time's command-line rules will read it back: quotes and backslashes before quotes escaped. */
export function quoteArgument(argument: string): string {
  if (argument !== '' && !/[\s"]/.test(argument)) return argument;
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}

/** RTL_USER_PROCESS_PARAMETERS in the process heap: standard handles, image path, command line, environment. */
export function writeParameters(
  memory: MemoryView,
  allocate: (bytes: number) => number,
  wordSize: 4 | 8,
  given: { imagePath: string; commandLine: string; environment: readonly string[]; handles: readonly number[] },
): number {
  const at =
    wordSize === 4
      ? { bytes: 0x298, handles: 0x18, directory: 0x24, image: 0x38, command: 0x40, environment: 0x48 }
      : { bytes: 0x410, handles: 0x20, directory: 0x38, image: 0x60, command: 0x70, environment: 0x80 };
  const block = allocate(at.bytes);
  memory.fill(block, at.bytes, 0);
  memory.setU32(block, at.bytes);
  memory.setU32(block + 4, at.bytes);
  memory.setU32(block + 8, 1); // normalised: pointers, not offsets
  given.handles.forEach((handle, i) => memory.setWord(block + at.handles + i * wordSize, handle));
  const string = (offset: number, text: string): void => {
    const bytes = utf16(text + '\0');
    const buffer = allocate(bytes.length);
    memory.write(buffer, bytes);
    memory.setU16(block + offset, bytes.length - 2);
    memory.setU16(block + offset + 2, bytes.length);
    memory.setWord(block + offset + wordSize, buffer);
  };
  string(at.directory, 'C:\\');
  string(at.image, given.imagePath);
  string(at.command, given.commandLine);
  const environment = utf16(given.environment.map((e) => e + '\0').join('') + '\0');
  const buffer = allocate(environment.length);
  memory.write(buffer, environment);
  memory.setWord(block + at.environment, buffer);
  return block;
}
