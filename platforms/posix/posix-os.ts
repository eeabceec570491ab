/**
 * An operating system of the POSIX family at work in one process: what Linux, FreeBSD and
 * macOS have in common. Each hands in its data (traits), its signal frames and how threads
 * get their memory, and adds its own port, faults, system calls and start.
 */
import { GENERAL_BYTES } from '../../emulator/cpu/registers.js';
import { Prot } from '../../emulator/engine.js';
import type { Image } from '../../emulator/loader/image.js';
import { LoadError } from '../../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import { hostFunction, type HostFunction, type HostLibrary } from '../../emulator/process/host-call.js';
import type { FrameRegisters, MemoryFault } from '../../emulator/process/os-model.js';
import type { Process } from '../../emulator/process/process.js';
import { guestStep, type Step } from '../../emulator/process/sequence.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Os, OsContext } from '../os.js';
import type { Port } from '../port.js';
import { Cancellation } from './cancellation.js';
import { clockFunctions } from './clock.js';
import { resourceFunctions } from './resources.js';
import { Conditions } from './conditions.js';
import { namedSemaphoreFunctions } from './named-semaphores.js';
import { lockAttributeFunctions } from './lock-attributes.js';
import { lockFunctions } from './locks.js';
import { InterruptedRegisters } from './interrupted.js';
import type { MemoryCalls } from './memory-calls.js';
import { memoryFunctions } from './memory-functions.js';
import { mutexAttributeFunctions } from './mutex-attributes.js';
import { Mutexes } from './mutexes.js';
import { LibraryHeap, ObjectPlaces } from './objects.js';
import { posixThread, type PosixThread } from './posix-thread.js';
import type { PortSystem } from './port-system.js';
import type { Program } from './program.js';
import { spinLockFunctions } from './spin-locks.js';
import { programName, threadNameFunctions } from './thread-names.js';
import { semaphoreFunctions } from './semaphores.js';
import type { SignalFrames } from './signal-frames.js';
import { SignalCalls } from './signal-calls.js';
import { SignalFunctions } from './signal-functions.js';
import { Signals } from './signals.js';
import { fail, type PosixCore, type PosixSystem } from './system.js';
import { ThreadLibrary, type ThreadPlatform } from './thread-library.js';
import type { PosixTraits } from './traits.js';

export const PROCESS_ID = 1000;

/** What one OS and CPU adds to the common part. */
export interface PosixParts {
  traits: PosixTraits;
  memory: MemoryCalls;
  frames: SignalFrames;
  threads: ThreadPlatform;
  program: Program;
  /** Kernel's number of the first thread. */
  firstTid: number;
  /** Address of the restorer that the C library gives to sigaction; 0: none. */
  restorer: number;
}

/** The parts that all of the family have, made in the order in which they stand on each other. */
export abstract class PosixOs implements Os {
  abstract readonly name: string;
  abstract readonly port: Port;
  readonly process: Process;
  readonly system: PortSystem;
  readonly threads: ThreadLibrary;
  protected readonly program: Program;
  private readonly places: ObjectPlaces;
  private readonly mutexes: Mutexes;
  private readonly interrupted: InterruptedRegisters;

  constructor({ process, platform, options }: OsContext, parts: PosixParts) {
    const { traits, memory, frames, program } = parts;
    const setErrno = (value: number): void => {
      const thread = process.hostCalls.running.at(-1)?.thread ?? process.current;
      if (thread) process.supervisor.setU32(posixThread(thread).errnoAddress, value);
    };
    const core: PosixCore = { process, platform, options, traits, memory, pid: PROCESS_ID, setErrno };
    const signals = new Signals(process, traits.signals, frames);
    const signalled = { ...core, signals };
    const system: PosixSystem = { ...signalled, signalCalls: new SignalCalls(signalled), cancellation: new Cancellation(core) };
    this.process = process;
    this.interrupted = new InterruptedRegisters(process, frames);
    this.program = program;
    this.system = { ...system, signalFunctions: new SignalFunctions(system, parts.restorer) };
    this.places = new ObjectPlaces(process.user, new LibraryHeap(process.supervisor, (bytes) => memory.anonymous(bytes)));
    this.mutexes = new Mutexes(system, this.places);
    this.threads = new ThreadLibrary(system, this.places, parts.threads, parts.firstTid, () => program.images.exported('longjmp'));
    this.threads.end.dies = (posix) => this.mutexes.ownerEnds(posix);
    const { gates } = process.options;
    process.space.map(gates.base, gates.size, Prot.None, { name: 'library functions' });
  }

  libraries(): HostLibrary[] {
    const { system } = this;
    const { c, threads } = system.traits.libraryNames;
    const general: HostFunction[] = [
      ...memoryFunctions(system),
      ...clockFunctions(system),
      ...resourceFunctions(system),
      ...system.signalFunctions.list(),
      hostFunction('fork', 'i()', () => fail(system, 'ENOSYS')),
      ...this.ownFunctions(),
    ];
    const threading = [
      ...this.threads.list(),
      ...this.mutexes.list(),
      ...mutexAttributeFunctions(system, this.places),
      ...new Conditions(system, this.places, this.mutexes).list(),
      ...lockFunctions(system, this.places),
      ...lockAttributeFunctions(system, this.places),
      ...semaphoreFunctions(system),
      ...namedSemaphoreFunctions(system),
      ...spinLockFunctions(system, this.places),
      ...threadNameFunctions(system, (identity) => this.threads.find(identity)),
      ...this.ownThreadFunctions(),
    ];
    const points = (functions: HostFunction[]): HostFunction[] => functions.map((fn) => system.cancellation.point(fn));
    return [
      { name: c, functions: points(general) },
      { name: threads, functions: points(threading) },
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
    const base = image.relocatable ? this.system.memory.findPlace(this.span(image)) : undefined;
    if (base === undefined)
      throw new LoadError(`${image.path}: no room for it at 0x${image.preferredBase.toString(16)}, and it cannot be relocated`);
    return base;
  }

  private span(image: Image): number {
    const { pageSize } = this.system.traits.memory;
    return Math.ceil(image.span / pageSize) * pageSize;
  }

  /** Where this OS puts a program: its own address, or the fixed one for position-independent programs. */
  protected abstract programBase(image: Image): number | undefined;

  /** Memory for malloc: from mmap, where an OS has no other way. */
  heapGrow(bytes: number): number | undefined {
    return this.system.memory.anonymous(bytes);
  }

  heapMap(bytes: number): number | undefined {
    return this.system.memory.anonymous(bytes);
  }

  heapUnmap(address: number, bytes: number): void {
    this.system.memory.munmap(address, bytes);
  }

  setErrno(value: number): void {
    this.system.setErrno(value);
  }

  start(program: LoadedImage, images: LoadedImages, lookup: (name: string) => number | undefined): void {
    this.program.start(images);
    if (program.image.entry === undefined) throw new LoadError(`${program.image.path}: no entry point (e_entry is 0, or no LC_MAIN)`);
    const thread = this.process.createThread('main');
    const posix = this.threads.adopt(thread);
    if (this.system.traits.os === 'linux') posix.name = programName(this.system.options.argv[0] ?? program.image.path);
    const exit = lookup('exit');
    this.threads.end.exitFunction = exit;
    this.startMain(posix, program, images, exit);
    this.threads.register(posix);
    posix.startStack = this.process.withThread(thread, (registers) => registers.get(this.process.abi.sp));
  }

  /** Stack, start block, TLS and registers of the main thread, at the program's entry (after `initialisers`). */
  protected abstract startMain(thread: PosixThread, program: LoadedImage, images: LoadedImages, exit: number | undefined): void;

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

  threadEnded(thread: Thread): void {
    this.system.signals.threadEnded(thread);
  }

  beforeRun(thread: Thread): void {
    const { signals, cancellation } = this.system;
    if (signals.hasDeliverable(thread)) signals.deliver(thread);
    cancellation.beforeRun(thread);
  }

  interruptedBy(pc: number, sp: number): FrameRegisters | undefined {
    return this.interrupted.by(pc, sp);
  }

  abstract memoryFault(thread: Thread, fault: MemoryFault): void;
  abstract systemCall(thread: Thread, number: number, detail: number): void;
  abstract interrupt(thread: Thread, vector: number, detail: number): void;
  abstract invalidInstruction(thread: Thread): void;
}
