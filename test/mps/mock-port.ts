/**
 * A port with no CPU behind it: flat memory, protection that tests can look at, a virtual
 * clock of work done, and threads that are just a stack and a record of registers. The
 * mutator's accesses go through `mutator`, which faults as a program would.
 */
import { EventStream } from '../../emulator/events.js';
import type { ExitStatus } from '../../emulator/process/os-model.js';
import { platform } from '../../platforms/codes.js';
import { AccessSet, type Port, type PortThread, type ScanArea } from '../../platforms/port.js';
import { MockMemory } from './mock-memory.js';
import { there } from '../there.js';

const REGISTERS = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'];
const STACK_SIZE = 16384;

export class MockThread implements PortThread {
  sp: number;
  suspended = false;
  alive = true;

  constructor(
    readonly port: MockPort,
    readonly id: number,
    readonly registersBase: number,
    /** The stack is [registersBase + a page, cold). */
    readonly cold: number,
  ) {
    this.sp = cold;
  }
  setRegister(index: number, value: number): void {
    this.port.memory.setWord(this.registersBase + index * this.port.wordSize, value);
  }
  register(index: number): number {
    return this.port.memory.word(this.registersBase + index * this.port.wordSize);
  }
  /** Push a word; returns the slot's address. */
  push(value: number): number {
    this.sp -= this.port.wordSize;
    this.port.memory.setWord(this.sp, value);
    return this.sp;
  }
  pop(): number {
    const value = this.port.memory.word(this.sp);
    this.sp += this.port.wordSize;
    return value;
  }
  areas(cold: number): ScanArea[] {
    const { wordSize } = this.port;
    if (this.sp >= cold) return [];
    const sp = this.sp;
    const base = this.registersBase;
    const stood = { pc: 0x1234, returned: false };
    return [
      { base: sp, limit: cold, kind: 'stack', nameOf: (a) => `[sp+0x${(a - sp).toString(16)}]`, stood },
      { base, limit: base + REGISTERS.length * wordSize, kind: 'registers', nameOf: (a) => REGISTERS[(a - base) / wordSize], stood },
    ];
  }
}

export interface MockOptions {
  wordSize?: 4 | 8;
  physicalSize?: number;
}

export class MockPort implements Port {
  readonly wordSize: 4 | 8;
  readonly platform: Port['platform'];
  readonly memory: MockMemory;
  readonly events = new EventStream();
  readonly physical: ArrayBuffer;
  /** Mode denied, by page. */
  readonly protections = new Map<number, number>();
  readonly threads: MockThread[] = [];
  current!: MockThread;
  time = 0;
  readonly clocksPerSecond = 1_000_000;
  faults = 0;
  inMPS = true;
  private next: number;
  private handler: ((address: number, mode: number) => boolean) | undefined;

  constructor(options: MockOptions = {}) {
    this.wordSize = options.wordSize ?? 8;
    this.physical = new ArrayBuffer(options.physicalSize ?? 32 * 2 ** 20);
    this.platform = there(platform(this.wordSize === 8 ? 'lii6gc' : 'lii3gc'));
    this.memory = new MockMemory(this.physical, this.wordSize, this.platform.pageSize);
    this.next = this.wordSize === 8 ? 0x7f12_3400_0000 : 0x1000_0000;
    this.current = this.newThread();
  }

  newThread(): MockThread {
    const size = STACK_SIZE + this.platform.pageSize;
    const base = there(this.vmReserve(size));
    this.vmMap(base, base + size);
    this.memory.fill(base, size, 0);
    const thread = new MockThread(this, this.threads.length + 1, base, base + size);
    this.threads.push(thread);
    return thread;
  }
  /** Memory outside of the MPS, zeroed. */
  staticMemory(size: number): number {
    const base = there(this.vmReserve(size));
    const limit = base + Math.ceil(size / 4096) * 4096;
    this.vmMap(base, limit);
    for (let a = base; a < limit; a += this.wordSize) this.memory.setWord(a, 0);
    return base;
  }

  vmReserve(size: number): number | undefined {
    const { pageSize } = this.platform;
    const base = this.next;
    const end = base + Math.ceil(size / pageSize) * pageSize + pageSize;
    if (end > (this.wordSize === 8 ? 2 ** 47 : 0xf000_0000)) return undefined;
    this.next = end;
    return base;
  }
  vmMap(base: number, limit: number): boolean {
    this.protSet(base, limit, AccessSet.Empty);
    return this.memory.map(base, limit);
  }
  vmUnmap(base: number, limit: number): void {
    this.memory.unmap(base, limit);
  }
  vmRelease(): void {
    // Address space isn't reused, so that stale addresses show.
  }

  protSet(base: number, limit: number, mode: number): void {
    const { pageSize } = this.platform;
    for (let page = base / pageSize; page < limit / pageSize; page++) {
      if (mode) this.protections.set(page, mode);
      else this.protections.delete(page);
    }
  }
  protSetup(handler: (address: number, mode: number) => boolean): void {
    this.handler = handler;
  }
  protection(address: number): number {
    return this.protections.get(Math.floor(address / this.platform.pageSize)) ?? AccessSet.Empty;
  }

  /** An access by the running thread; barriers are hit until it gets through. Modes as POSIX reports them. */
  private touch(address: number, access: number): void {
    const denied = (): boolean => {
      const mode = this.protection(address);
      return access === AccessSet.Write ? mode !== 0 : (mode & AccessSet.Read) !== 0;
    };
    for (let tries = 0; denied(); tries++) {
      this.faults++;
      if (tries > 3 || !there(this.handler)(address, AccessSet.ReadWrite)) throw new Error(`fault at ${address.toString(16)}`);
    }
  }
  readonly mutator = {
    word: (address: number): number => {
      this.touch(address, AccessSet.Read);
      return this.memory.word(address);
    },
    setWord: (address: number, value: number): void => {
      this.touch(address, AccessSet.Write);
      this.memory.setWord(address, value);
    },
  };

  threadRegister(): PortThread {
    return this.current;
  }
  threadDeregister(): void {
    // Nothing is kept.
  }
  isCurrent(thread: PortThread): boolean {
    return thread === this.current;
  }
  threadSuspend(thread: PortThread): boolean {
    const t = thread as MockThread;
    if (t.suspended) throw new Error('suspended twice');
    return (t.suspended = t.alive);
  }
  threadResume(thread: PortThread): boolean {
    const t = thread as MockThread;
    if (!t.suspended) throw new Error('resumed twice');
    t.suspended = false;
    return true;
  }
  threadAreas(thread: PortThread, cold: number): ScanArea[] | undefined {
    if (!(thread as MockThread).suspended) throw new Error('looked at while running');
    return (thread as MockThread).areas(cold);
  }
  stackBegin(): number {
    return 1;
  }
  stackEnd(): void {}
  currentAreas(cold: number): ScanArea[] | undefined {
    return this.inMPS ? this.current.areas(cold) : undefined;
  }
  callGuest(): never {
    throw new Error('no guest code here');
  }
  pushStack(): number {
    throw new Error('no guest stack here');
  }
  readonly ended = false;
  end(status: ExitStatus): never {
    throw new Error(`ended: ${JSON.stringify(status)}`);
  }
  abort(reason: string): never {
    throw new Error(`aborted: ${reason}`);
  }
  describeCall(): never {
    throw new Error('nothing calls');
  }
  currentCall(): undefined {
    return undefined;
  }
  clock(): number {
    return this.time;
  }
  keep(): void {}

  work(units: number): void {
    this.time += units;
  }
}
