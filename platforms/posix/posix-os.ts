/**
 * An operating system of the POSIX family at work in one process: what Linux, FreeBSD and
 * macOS have in common. Each hands in its data (traits), its signal frames and how threads
 * get their memory, and adds its own port, faults, system calls and start.
 */
import { GENERAL_BYTES } from '../../emulator/cpu/registers.js';
import { Access, Prot } from '../../emulator/engine.js';
import type { Image } from '../../emulator/loader/image.js';
import { LoadError } from '../../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import { hostFunction, type HostFunction, type HostLibrary } from '../../emulator/process/host-call.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Process } from '../../emulator/process/process.js';
import { guestStep, type Step } from '../../emulator/process/sequence.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Platform } from '../codes.js';
import type { Os, OsContext, OsOptions } from '../os.js';
import type { Port } from '../port.js';
import { clockFunctions } from './clock.js';
import { resourceFunctions } from './resources.js';
import { Conditions } from './conditions.js';
import { lockFunctions } from './locks.js';
import type { MemoryCalls } from './memory-calls.js';
import { memoryFunctions } from './memory-functions.js';
import { Mutexes } from './mutexes.js';
import { LibraryHeap, ObjectPlaces } from './objects.js';
import { posixThread, type PosixThread } from './posix-thread.js';
import { semaphoreFunctions } from './semaphores.js';
import type { SignalFrames } from './signal-frames.js';
import { SignalCalls } from './signal-calls.js';
import { SignalFunctions } from './signal-functions.js';
import { Signals } from './signals.js';
import { fail, type PosixSystem } from './system.js';
import { ThreadLibrary, type ThreadPlatform } from './thread-library.js';
import type { PosixTraits } from './traits.js';

export const PROCESS_ID = 1000;
/** How far below a stack an access is still its overflow, for people. */
const STACK_REACH = 0x100000;

/** What one OS and CPU adds to the common part. */
export interface PosixParts {
  traits: PosixTraits;
  memory: MemoryCalls;
  frames: SignalFrames;
  threads: ThreadPlatform;
  /** Kernel's number of the first thread. */
  firstTid: number;
  /** Address of the restorer that the C library gives to sigaction; 0: none. */
  restorer: number;
}

export abstract class PosixOs implements Os, PosixSystem {
  abstract readonly name: string;
  readonly process: Process;
  readonly platform: Platform;
  readonly options: OsOptions;
  readonly pid = PROCESS_ID;
  readonly traits: PosixTraits;
  readonly memory: MemoryCalls;
  readonly signals: Signals;
  readonly signalCalls: SignalCalls;
  readonly threads: ThreadLibrary;
  readonly signalFunctions: SignalFunctions;
  abstract readonly port: Port;
  protected readonly places: ObjectPlaces;
  private images: LoadedImages | undefined;
  private readonly mutexes: Mutexes;

  constructor({ process, platform, options }: OsContext, parts: PosixParts) {
    this.process = process;
    this.platform = platform;
    this.options = options;
    this.traits = parts.traits;
    this.memory = parts.memory;
    this.signals = new Signals(process, parts.traits.signals, parts.frames, (pc) => this.where(pc));
    this.signalCalls = new SignalCalls(this);
    this.signalFunctions = new SignalFunctions(this, parts.restorer);
    this.places = new ObjectPlaces(process.user, new LibraryHeap(process.supervisor, (bytes) => this.anonymous(bytes)));
    this.mutexes = new Mutexes(this, this.places);
    this.threads = new ThreadLibrary(this, this.places, parts.threads, parts.firstTid);
    const { gates } = process.options;
    process.space.map(gates.base, gates.size, Prot.None, { name: 'library functions' });
  }

  /** Anonymous read-write memory by the OS's own mmap. */
  anonymous(bytes: number): number | undefined {
    const { PRIVATE, ANON } = this.traits.memory.flags;
    const base = this.memory.mmap(0, bytes, Prot.RW, PRIVATE | ANON, -1, 0);
    return base >= 0 ? base : undefined;
  }

  libraries(): HostLibrary[] {
    const { c, threads } = this.traits.libraryNames;
    const general: HostFunction[] = [
      ...memoryFunctions(this),
      ...clockFunctions(this),
      ...resourceFunctions(this),
      ...this.signalFunctions.list(),
      hostFunction('fork', 'i()', () => fail(this, 'ENOSYS')),
      ...this.ownFunctions(),
    ];
    const threading = [
      ...this.threads.list(),
      ...this.mutexes.list(),
      ...new Conditions(this, this.places, this.mutexes).list(),
      ...lockFunctions(this, this.places),
      ...semaphoreFunctions(this),
      ...this.ownThreadFunctions(),
    ];
    return [
      { name: c, functions: general },
      { name: threads, functions: threading },
    ];
  }

  /** Functions that only this OS has (the location of errno, ...). */
  protected abstract ownFunctions(): HostFunction[];

  protected ownThreadFunctions(): HostFunction[] {
    return [];
  }

  protected errnoLocation(name: string): HostFunction {
    return hostFunction(name, 'p()', (call) => posixThread(call.thread).errnoAddress);
  }

  place(image: Image): number {
    const { space } = this.process;
    const wanted = image.kind === 'executable' ? this.programBase(image) : image.relocatable ? undefined : image.preferredBase;
    if (wanted !== undefined && space.isFree(wanted, this.span(image))) return wanted;
    const base = image.relocatable ? this.memory.findPlace(this.span(image)) : undefined;
    if (base === undefined)
      throw new LoadError(`${image.path}: no room for it at 0x${image.preferredBase.toString(16)}, and it cannot be relocated`);
    return base;
  }

  private span(image: Image): number {
    const { pageSize } = this.traits.memory;
    return Math.ceil(image.span / pageSize) * pageSize;
  }

  /** Where this OS puts a program: its own address, or the fixed one for position-independent programs. */
  protected abstract programBase(image: Image): number;

  /** Memory for malloc: from mmap, where an OS has no other way. */
  heapGrow(bytes: number): number | undefined {
    return this.anonymous(bytes);
  }

  setErrno(value: number): void {
    const thread = this.process.hostCalls.running.at(-1)?.thread ?? this.process.current;
    if (thread) this.process.supervisor.setU32(posixThread(thread).errnoAddress, value);
  }

  start(program: LoadedImage, images: LoadedImages, lookup: (name: string) => number | undefined): void {
    this.images = images;
    if (program.image.entry === undefined) throw new LoadError(`${program.image.path}: no entry point`);
    const thread = this.process.createThread('main');
    const posix = this.threads.adopt(thread);
    const exit = lookup('exit');
    if (exit !== undefined) this.threads.exitProcess = (last) => this.threads.callExit(last, exit);
    this.startMain(posix, program, images, exit);
    this.threads.register(posix);
  }

  /** Stack, start block, TLS and registers of the main thread, at the program's entry (after `initialisers`). */
  protected abstract startMain(thread: PosixThread, program: LoadedImage, images: LoadedImages, exit: number | undefined): void;

  /** All that is loaded; there is nothing before the start. */
  protected get loaded(): LoadedImages {
    if (!this.images) throw new Error('the process has not been started');
    return this.images;
  }

  /** Have the main thread run all initialisers, the program's last, then go on with the registers that it has now. */
  protected runInitialisers(thread: Thread, images: LoadedImages, args: [number, number, number]): void {
    const steps: Step[] = [];
    for (const { image, base } of [...images.list].reverse()) {
      for (const offset of image.initializers) steps.push(guestStep(base + offset, 'v(ipp)', args));
    }
    if (steps.length === 0) return;
    const { process } = this;
    const registers = process.registers(thread);
    const block = new Uint8Array(registers.buffer, 0, GENERAL_BYTES);
    const entry = block.slice();
    const gate = process.defineHostFunction(
      hostFunction('run-initialisers', 'v()', () =>
        process.sequences.start(thread, steps[Symbol.iterator](), () => {
          process.load(thread);
          block.set(entry);
          registers.dirty |= 1;
        }),
      ),
      'ld.so',
    );
    registers.set(process.abi.pc, gate);
  }

  beforeRun(thread: Thread): void {
    if (this.signals.hasDeliverable(thread)) this.signals.deliver(thread);
  }

  abstract memoryFault(thread: Thread, fault: MemoryFault): void;
  abstract systemCall(thread: Thread, number: number, detail: number): void;
  abstract interrupt(thread: Thread, vector: number, detail: number): void;
  abstract invalidInstruction(thread: Thread): void;

  /** 'prog!main+0x12' for people. */
  where(pc: number): string {
    return this.process.names.describe(pc);
  }

  /** 'read from 0x0, which is not mapped'. */
  describeFault(fault: MemoryFault, mapped: boolean): string {
    const verb = fault.access === Access.Fetch ? 'jump to' : fault.access === Access.Write ? 'write to' : 'read from';
    if (!fault.canonical) return `${verb} a non-canonical address`;
    const { process } = this;
    const thread = process.current;
    const below = thread !== undefined && fault.address < thread.stackBase && fault.address >= thread.stackBase - STACK_REACH;
    // Below a stack there is nothing, or its guard.
    const overflow = below && process.engine.protection(fault.address) <= 0;
    const state = overflow ? ' below the stack (stack overflow)' : mapped ? ', which is protected against it' : ', which is not mapped';
    return `${verb} 0x${fault.address.toString(16)}${state}`;
  }
}
