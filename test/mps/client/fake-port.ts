/**
 * A platform for tests of the client interface: flat memory, guest functions written
 * in TypeScript, one thread, protection that only remembers what was asked.
 */
import {
  GuestFault,
  type Arguments,
  type HostCall,
  type HostFunction,
  type MemoryView,
  type Port,
  type PortThread,
  type Result,
  type Signature,
  type Value,
  type VarArgs,
} from '../../../platforms/port.js';
import { platform } from '../../../platforms/codes.js';
import type { ExitStatus } from '../../../emulator/process/os-model.js';
import { EventStream } from '../../../emulator/events.js';
import { there } from '../../there.js';

const BASE = 0x10000;

/** What the guest passes as numbers, as the signature has it. */
function asDeclared(fn: HostFunction, args: Value[]): Value[] {
  const letters = fn.signature.slice(fn.signature.indexOf('(') + 1);
  return args.map((value, i) => (letters[i] === 'w' && typeof value === 'number' ? BigInt(value) : value));
}

export class FakeMemory implements MemoryView {
  readonly data: DataView;
  readonly buffer: ArrayBuffer;
  /** Called before each access; may throw. */
  check: ((address: number, length: number, write: boolean) => void) | undefined;

  constructor(
    readonly wordSize: 4 | 8,
    source?: FakeMemory,
    size = 64 << 20,
  ) {
    this.buffer = source?.buffer ?? new ArrayBuffer(size);
    this.data = new DataView(this.buffer);
  }

  private at(address: number, length: number, write: boolean): number {
    if (!(address >= BASE && address + length <= this.buffer.byteLength)) throw new GuestFault(address, write ? 2 : 1);
    this.check?.(address, length, write);
    return address;
  }

  u8 = (a: number): number => this.data.getUint8(this.at(a, 1, false));
  u16 = (a: number): number => this.data.getUint16(this.at(a, 2, false), true);
  u32 = (a: number): number => this.data.getUint32(this.at(a, 4, false), true);
  i32 = (a: number): number => this.data.getInt32(this.at(a, 4, false), true);
  u64 = (a: number): bigint => this.data.getBigUint64(this.at(a, 8, false), true);
  f32 = (a: number): number => this.data.getFloat32(this.at(a, 4, false), true);
  f64 = (a: number): number => this.data.getFloat64(this.at(a, 8, false), true);
  word = (a: number): number => (this.wordSize === 4 ? this.u32(a) : this.u32(a) + this.u32(a + 4) * 2 ** 32);
  bits = (a: number): bigint => (this.wordSize === 8 ? this.u64(a) : BigInt(this.u32(a)));
  setBits = (a: number, v: bigint): void => (this.wordSize === 8 ? this.setU64(a, v) : this.setU32(a, Number(v)));
  setU8 = (a: number, v: number): void => this.data.setUint8(this.at(a, 1, true), v);
  setU16 = (a: number, v: number): void => this.data.setUint16(this.at(a, 2, true), v, true);
  setU32 = (a: number, v: number): void => this.data.setUint32(this.at(a, 4, true), v, true);
  setU64 = (a: number, v: bigint): void => this.data.setBigUint64(this.at(a, 8, true), v, true);
  setF32 = (a: number, v: number): void => this.data.setFloat32(this.at(a, 4, true), v, true);
  setF64 = (a: number, v: number): void => this.data.setFloat64(this.at(a, 8, true), v, true);
  setWord = (a: number, v: number): void => {
    this.setU32(a, v % 2 ** 32);
    if (this.wordSize === 8) this.setU32(a + 4, Math.floor(v / 2 ** 32));
  };
  bytes = (a: number, n: number): Uint8Array => (n === 0 ? new Uint8Array() : new Uint8Array(this.buffer, this.at(a, n, false), n).slice());
  write = (a: number, bytes: Uint8Array): void => {
    if (bytes.length > 0) new Uint8Array(this.buffer, this.at(a, bytes.length, true), bytes.length).set(bytes);
  };
  fill = (a: number, n: number, v: number): void => {
    if (n > 0) new Uint8Array(this.buffer, this.at(a, n, true), n).fill(v);
  };
  cBytes = (a: number, limit = 1 << 20): Uint8Array => {
    let n = 0;
    while (n < limit && this.u8(a + n) !== 0) n++;
    return this.bytes(a, n);
  };
  cString = (a: number, limit?: number): string => Buffer.from(this.cBytes(a, limit)).toString('utf8');
  physical = (a: number, access: number): number => this.at(a, 1, access === 2);
}

export type GuestFunction = (...args: number[]) => number | void;

/** Raised by what ends a process: the guest was stopped. */
export class Stopped extends Error {}

const end = (status: ExitStatus): never => {
  throw new Stopped('text' in status ? status.text : status.kind);
};

export class FakeHost {
  readonly memory: FakeMemory;
  readonly user: FakeMemory;
  readonly events = new EventStream();
  readonly port: Port;
  readonly guest = new Map<number, GuestFunction>();
  /** Addresses of faults that host functions raised. */
  readonly faults: number[] = [];
  readonly protection = new Map<number, number>();
  faultHandler: ((address: number, mode: number) => boolean) | undefined;
  /** Areas that the "stack" of the calling thread consists of, and those of a suspended one. */
  stack = { base: 0, limit: 0 };
  sp = 0;
  ticks = 0;
  private nextReserve: number;
  private nextCode = 0x7f000000;
  private nextStatic = BASE;
  private readonly calls: HostCall[] = [];
  private saved = 0;

  constructor(
    readonly code: string,
    wordSize: 4 | 8,
    sizeBytes = 64 << 20,
  ) {
    this.memory = new FakeMemory(wordSize, undefined, sizeBytes);
    this.user = new FakeMemory(wordSize, this.memory);
    this.nextReserve = 4 << 20;
    this.stack = { base: 2 << 20, limit: 3 << 20 };
    this.sp = this.stack.limit - 4096;
    const thread: PortThread = { id: 1 };
    this.user.check = (address, length, write) => {
      for (let page = Math.floor(address / 4096); page * 4096 < address + length; page++) {
        const mode = this.protection.get(page) ?? 0;
        if (mode & (write ? 2 : 1)) throw new GuestFault(address, write ? 2 : 1);
      }
    };
    this.port = {
      platform: there(platform(code)),
      memory: this.memory,
      events: this.events,
      physical: this.memory.buffer,
      vmReserve: (size) => {
        if (this.nextReserve + size > sizeBytes) return undefined;
        const base = this.nextReserve;
        this.nextReserve += size;
        return base;
      },
      vmMap: () => true,
      vmUnmap: () => undefined,
      vmRelease: () => undefined,
      protSet: (base, limit, mode) => {
        for (let page = base / 4096; page < limit / 4096; page++) {
          if (mode === 0) this.protection.delete(page);
          else this.protection.set(page, mode);
        }
      },
      protSetup: (handler) => {
        this.faultHandler = handler;
      },
      threadRegister: () => thread,
      threadDeregister: () => undefined,
      isCurrent: () => true,
      threadSuspend: () => true,
      threadResume: () => true,
      threadAreas: () => [],
      stackBegin: () => {
        return ++this.saved;
      },
      stackEnd: (depth) => {
        this.saved = depth - 1;
      },
      currentAreas: (cold) =>
        this.saved > 0
          ? [{ base: this.sp, limit: cold, kind: 'stack', nameOf: (a) => `[sp+${a - this.sp}]`, stood: { pc: 0, returned: true } }]
          : undefined,
      callGuest: <S extends string>(address: number, _signature: Signature<S>, args: Arguments<S>) =>
        this.callGuest(address, args) as Result<S>,
      pushStack: (bytes, align = 16) => (this.sp = Math.floor((this.sp - bytes) / align) * align),
      currentCall: () => this.calls.at(-1),
      clock: () => this.ticks++,
      clocksPerSecond: 1_000_000,
      work: () => undefined,
      keep: () => undefined,
      describeCall: ({ fn }) => ({ callee: `libmps!${fn.name}`, caller: 'the test' }),
      ended: false,
      end,
      abort: (reason) => end({ kind: 'signal', signal: 6, text: reason }),
    };
  }

  callGuest(address: number, args: Value[]): Value {
    const fn = this.guest.get(address);
    if (!fn) throw new GuestFault(address, 4);
    // These guests do arithmetic on words; those in the tests are small.
    return fn(...args.map(Number)) as Value;
  }

  /** An address for a guest function. */
  define(fn: GuestFunction): number {
    const address = (this.nextCode += 16);
    this.guest.set(address, fn);
    return address;
  }

  /** Static guest memory. */
  static(size: number): number {
    const at = this.nextStatic;
    this.nextStatic += Math.ceil(size / 16) * 16;
    return at;
  }

  string(text: string): number {
    const bytes = Buffer.from(`${text}\0`);
    const at = this.static(bytes.length);
    this.memory.write(at, bytes);
    return at;
  }

  /** Call a host function as the guest would; faults are delivered and the call retried. */
  call(fn: HostFunction, args: Value[], varargs: number[] = []): Value {
    const sp = this.sp;
    let state: unknown;
    const call = {
      attempt: <T>(create: () => T): T => (state ??= create()) as T,
      attempted: <T>() => state as T | undefined,
      process: {
        status: undefined,
        end,
      },
      thread: { id: 1 },
      fn,
      returnAddress: 0,
      sp,
      memory: this.user,
      supervisor: this.memory,
      varargs: () => readerOf(varargs),
      callGuest: (address: number, _s: string, values: Value[]) => this.callGuest(address, values),
      pushStack: (bytes: number, align = 16) => this.port.pushStack(bytes, align),
    } as unknown as HostCall;
    for (;;) {
      this.calls.push(call);
      try {
        return fn.run(call, ...asDeclared(fn, args)) as Value;
      } catch (error) {
        if (!(error instanceof GuestFault)) throw error;
        this.faults.push(error.address);
        if (!this.faultHandler?.(error.address, error.access === 2 ? 2 : 1)) throw error;
      } finally {
        this.calls.pop();
        this.sp = sp;
      }
    }
  }
}

export function readerOf(values: number[]): VarArgs {
  let i = 0;
  const next = (): number => values[i++];
  return {
    int: next,
    unsigned: next,
    long: next,
    word: next,
    pointer: next,
    double: next,
    longdouble: next,
    longlong: () => BigInt(next()),
    ulonglong: () => BigInt(next()),
  };
}
