/**
 * Every flavor of thread state that thread_get_state, thread_set_state and exception
 * messages know here: general, exception, floating point or NEON, debug, and the unified ones
 * with their header. Those of 32-bit threads and of units that the CPU lacks are refused. Source: mach/i386/thread_status.h, mach/arm/thread_status.h;
 * machine_thread_get_state and _set_state of osfmk/i386/pcb.c, osfmk/arm64/status.c.
 */
import { Fxsave, MXCSR_WRITABLE } from '../../emulator/cpu/fxsave.js';
import { A64, FLOAT_BYTES, FLOAT_OFFSET } from '../../emulator/cpu/registers.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { posixThread } from '../posix/posix-thread.js';
import { loadThreadState, storeThreadState, threadStateLayout, type ThreadStateLayout } from './thread-state.js';

/** Bytes of x86_float_state64: two reserved words, the FXSAVE image, one more word. */
export const X86_FLOAT_SIZE = 524;
/** Bytes of arm_neon_state64: v0 to v31, fpsr, fpcr, padding. */
export const ARM_NEON_SIZE = 528;
export const EXCEPTION_STATE_SIZE = 16;
/** x86_debug_state64: dr0 to dr7. arm_debug_state64: bvr, bcr, wvr, wcr of 16 each, mdscr_el1. */
const X86_DEBUG_WORDS = 16;
const ARM_DEBUG_WORDS = 130;

interface Flavor {
  /** In 32-bit words. */
  count: number;
  /** Store at `at` of `view`. */
  get(thread: Thread, view: DataView, at: number): void;
  /** Undefined: can't be set. False: what is given is refused. */
  set?: (thread: Thread, view: DataView, at: number) => boolean | void;
  /** What is set may be longer. */
  longer?: boolean;
}

/** Of numbers alone, which can't be set. */
function listFlavor(...numbers: number[]): Flavor {
  return { count: numbers.length, get: (_thread, view, at) => numbers.forEach((number, i) => view.setUint32(at + 4 * i, number, true)) };
}

/** THREAD_STATE_FLAVOR_LIST and its later forms: what flavors there are. */
const LISTS: Record<'x86-64' | 'arm64', Record<number, readonly number[]>> = {
  'x86-64': {
    0: [7, 8, 9],
    128: [7, 8, 9, 12],
    129: [7, 8, 9, 12, 18],
    130: [7, 8, 9, 12, 18, 21],
    131: [7, 8, 9, 12, 18, 21, 22],
  },
  arm64: { 0: [1, 2, 3, 4], 128: [1, 2, 7, 15], 131: [1, 2, 7, 15, 27] },
};

/** VALID_THREAD_STATE_FLAVOR: what exception ports may ask for, those among them that no thread here has. */
const VALID: Record<'x86-64' | 'arm64', readonly number[]> = {
  'x86-64': [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25],
  arm64: [1, 2, 3, 4, 5, 6, 7, 9, 14, 15, 16, 17, 27],
};

/** `counted`: the header's count must be right as well. */
function withHeader(flavor: number, state: Flavor, counted: boolean): Flavor {
  const { get, set, count } = state;
  return {
    count: count + 2,
    get: (thread, view, at) => {
      view.setUint32(at, flavor, true);
      view.setUint32(at + 4, count, true);
      get(thread, view, at + 8);
    },
    ...(set && {
      set: (thread: Thread, view: DataView, at: number) =>
        view.getUint32(at, true) === flavor && (!counted || view.getUint32(at + 4, true) === count) ? set(thread, view, at + 8) : false,
    }),
    longer: !counted,
  };
}

/** Debug registers: the threads here use none, and none can be switched on. */
function debugFlavor(arm: boolean): Flavor {
  const count = arm ? ARM_DEBUG_WORDS : X86_DEBUG_WORDS;
  return {
    count,
    get: (_thread, view, at) => new Uint8Array(view.buffer, view.byteOffset + at, 4 * count).fill(0),
    set: (_thread, view, at) => new Uint8Array(view.buffer, view.byteOffset + at, 4 * count).every((byte) => byte === 0),
    // x86-64's kernel doesn't look at the size.
    longer: !arm,
  };
}

export function storeFloatState(process: Process, view: DataView, at: number): void {
  const { engine } = process;
  engine.readFloat();
  const image = new Uint8Array(engine.registers.buffer, FLOAT_OFFSET, FLOAT_BYTES);
  const out = new Uint8Array(view.buffer, view.byteOffset + at);
  if (process.cpu === 'arm64') {
    out.set(image);
    view.setUint32(at + FLOAT_BYTES, engine.registers.lo(A64.fpsr), true);
    view.setUint32(at + FLOAT_BYTES + 4, engine.registers.lo(A64.fpcr), true);
  } else out.set(image, 8);
}

export function loadFloatState(process: Process, view: DataView, at: number): void {
  const { engine } = process;
  engine.readFloat();
  const image = new Uint8Array(engine.registers.buffer, FLOAT_OFFSET, FLOAT_BYTES);
  const from = new Uint8Array(view.buffer, view.byteOffset + at);
  if (process.cpu === 'arm64') {
    image.set(from.subarray(0, FLOAT_BYTES));
    engine.registers.set(A64.fpsr, view.getUint32(at + FLOAT_BYTES, true));
    engine.registers.set(A64.fpcr, view.getUint32(at + FLOAT_BYTES + 4, true));
  } else {
    image.set(from.subarray(8, 8 + Fxsave.reserved));
    // mxcsr bits that the CPU lacks would be a fault.
    const mxcsr = new DataView(engine.registers.buffer, FLOAT_OFFSET + Fxsave.mxcsr, 4);
    mxcsr.setUint32(0, mxcsr.getUint32(0, true) & MXCSR_WRITABLE, true);
  }
  engine.writeFloat();
}

/** es of a machine context, and the exception state flavor: the last trap. */
export function storeExceptionState(process: Process, thread: Thread, view: DataView, at: number): void {
  const { trap } = posixThread(thread);
  const address = process.cpu === 'arm64' ? at : at + 8;
  view.setUint32(address, trap.address >>> 0, true);
  view.setUint32(address + 4, Math.floor(trap.address / 2 ** 32) >>> 0, true);
  if (process.cpu === 'arm64') {
    view.setUint32(at + 8, trap.syndrome, true);
    view.setUint32(at + 12, trap.number, true);
  } else {
    view.setUint16(at, trap.number, true);
    view.setUint16(at + 2, 0, true);
    view.setUint32(at + 4, trap.error, true);
  }
}

export class StateFlavors {
  readonly layout: ThreadStateLayout;
  private readonly validFlavors: readonly number[];
  private readonly flavors = new Map<number, Flavor>();

  constructor(process: Process) {
    this.layout = threadStateLayout(process.cpu);
    const arm = process.cpu === 'arm64';
    this.validFlavors = VALID[arm ? 'arm64' : 'x86-64'];
    const general = this.layout;
    const of = (thread: Thread, action: () => void): void => process.withThread(thread, action);
    this.flavors.set(general.flavor, {
      count: general.count,
      get: (thread, view, at) => of(thread, () => storeThreadState(general, process.engine.registers, view, at)),
      set: (thread, view, at) => of(thread, () => loadThreadState(general, process.engine.registers, view, at)),
    });
    this.flavors.set(arm ? 7 : 6, {
      count: EXCEPTION_STATE_SIZE / 4,
      get: (thread, view, at) => storeExceptionState(process, thread, view, at),
      // ARM64 takes it and does nothing.
      ...(arm && { set: () => true }),
    });
    this.flavors.set(arm ? 17 : 5, {
      count: (arm ? ARM_NEON_SIZE : X86_FLOAT_SIZE) / 4,
      get: (thread, view, at) => of(thread, () => storeFloatState(process, view, at)),
      set: (thread, view, at) => of(thread, () => loadFloatState(process, view, at)),
    });
    this.flavors.set(arm ? 15 : 11, debugFlavor(arm));
    // The unified ones: a header of flavor and count, then the state.
    const unified = arm ? [[1, general.flavor]] : [7, 8, 9, 12].map((flavor, i) => [flavor, [general.flavor, 5, 6, 11][i]]);
    for (const [flavor, inner] of unified) {
      const state = this.flavors.get(inner);
      if (state) this.flavors.set(flavor, withHeader(inner, state, !arm));
    }
    for (const [flavor, list] of Object.entries(LISTS[arm ? 'arm64' : 'x86-64'])) this.flavors.set(Number(flavor), listFlavor(...list));
    // The pagein state: no error.
    this.flavors.set(arm ? 27 : 22, listFlavor(0));
  }

  valid(flavor: number): boolean {
    return this.validFlavors.includes(flavor);
  }

  /** Words of a flavor; undefined: not known. */
  count(flavor: number): number | undefined {
    return this.flavors.get(flavor)?.count;
  }

  get(thread: Thread, flavor: number): Uint8Array | undefined {
    const found = this.flavors.get(flavor);
    if (!found) return undefined;
    const bytes = new Uint8Array(4 * found.count);
    found.get(thread, new DataView(bytes.buffer), 0);
    return bytes;
  }

  /** The state of a flavor that is known, at `at` of `view`. */
  put(thread: Thread, flavor: number, view: DataView, at: number): void {
    this.flavors.get(flavor)?.get(thread, view, at);
  }

  /** False: no such flavor, or it can't be set, or too few bytes. */
  set(thread: Thread, flavor: number, bytes: Uint8Array): boolean {
    return this.load(thread, flavor, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
  }

  /** The same from `length` bytes at `at` of `view`. */
  load(thread: Thread, flavor: number, view: DataView, at: number, length: number): boolean {
    const found = this.flavors.get(flavor);
    if (!found?.set || length < 4 * found.count || (!found.longer && length !== 4 * found.count)) return false;
    return found.set(thread, view, at) !== false;
  }
}
