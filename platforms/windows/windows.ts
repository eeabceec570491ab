/**
 * Windows at work in one process: its parts, made in the order in which they stand
 * on each other, and the start of the program (as the loader does it).
 */
import { Prot } from '../../emulator/engine.js';
import { LoadError, type Image } from '../../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import type { HostLibrary } from '../../emulator/process/host-call.js';
import type { FrameRegisters, MemoryFault } from '../../emulator/process/os-model.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { NO_FILES } from '../file-system.js';
import type { Os, OsContext } from '../os.js';
import { Apcs } from './apcs.js';
import { Console } from './console.js';
import { context32 } from './context-ia32.js';
import { context64 } from './context-x86-64.js';
import type { Core } from './core.js';
import { Exceptions } from './exceptions.js';
import { Faults } from './faults.js';
import { OpenFiles } from './file-objects.js';
import { HandleTable } from './handles.js';
import { HeapFunctions } from './heap-calls.js';
import { Heaps } from './heaps.js';
import { showHostImages } from './host-images.js';
import { pagesOf, pageStateOf, writtenByLoader } from './image-pages.js';
import { interruptedBy } from './interrupted.js';
import { InvalidParameter } from './invalid-parameter.js';
import { LastError } from './last-error.js';
import { layoutOf } from './layout.js';
import { libraries, type LibraryNeeds } from './libraries.js';
import { Mem, Page, PAGE_SIZE } from './memory-constants.js';
import { Modules } from './modules.js';
import { Ntdll } from './ntdll.js';
import { StreamObject } from './objects.js';
import { WindowsPort } from './port.js';
import { ProcessBlock, quoteArgument, writeParameters } from './process-block.js';
import { SpacePages } from './space-pages.js';
import { StackGuards } from './stack-guards.js';
import { Suspension } from './suspension.js';
import { Threads } from './threads.js';
import { Tls } from './tls.js';
import { VirtualMemory } from './virtual-memory.js';
import { Waiters } from './waiters.js';
import { windowsThread } from './windows-thread.js';

const ALL_ACCESS = 0x1fffff;
const LOWEST = 0x10000;
/** Highest address that a program can have, inclusive. */
const HIGHEST = { 4: 0x7ffeffff, 8: 0x7ffffffeffff } as const;
/** Of the machine's memory: the part that may be committed. The rest is for what is not (images, page tables). */
const COMMITTED_PART = 15 / 16;
const DEFAULT_RESERVE = 0x100000;

export class Windows implements Os {
  readonly name = 'windows';
  readonly alwaysLoaded = ['ntdll.dll', 'kernelbase.dll'];
  readonly process: Process;
  readonly port: WindowsPort;
  private readonly core: Core;
  private readonly blocks: ProcessBlock;
  private readonly faults: Faults;
  /** What the library functions use. */
  private readonly parts: LibraryNeeds;

  constructor({ process, platform, options, files = NO_FILES }: OsContext) {
    this.process = process;
    const { wordSize } = platform;
    const layout = layoutOf(wordSize);
    const memory = process.supervisor;
    const pages = new SpacePages(process.space, process.gates, (units) => process.clock.advance(units));
    const vm = new VirtualMemory(pages, LOWEST, HIGHEST[wordSize], process.memoryLimit.limit * COMMITTED_PART);
    this.blocks = new ProcessBlock(vm, memory, layout, process.space);
    const modules = new Modules(process.gates);
    const heaps = new Heaps({ process, vm, memory, wordSize, reporter: () => modules.resolve('RtlReportCriticalFailure') });
    const heap = heaps.process;
    const core = (this.core = { process, memory, layout, codec: (wordSize === 8 ? context64 : context32)(process.engine), vm, heap });
    const handles = new HandleTable((bytes) => process.memoryLimit.mustTake(bytes));
    const standard = ([0, 1, 2] as const).map((n) => handles.open(new StreamObject(n), ALL_ACCESS));
    showHostImages(core);
    const lastError = new LastError(core);
    const guards = new StackGuards(core);
    const tls = new Tls(core);
    const ntdll = new Ntdll({ ...core, modules });
    const exceptions = new Exceptions({ ...core, guards, ntdll });
    const waiters = new Waiters(process);
    const apcs = new Apcs({ ...core, exceptions, ntdll, waiters });
    const suspension = new Suspension({ ...core, handles, waiters });
    const threads = new Threads({ ...core, blocks: this.blocks, tls, ntdll, handles, waiters });
    this.faults = new Faults({ ...core, guards, exceptions });
    this.port = new WindowsPort(platform, { ...core, guards, ntdll, handles, suspension, lastError });
    const heapFunctions = new HeapFunctions({ ...core, heaps, modules, lastError, guards });
    const invalidParameter = new InvalidParameter({ ...core, lastError, exceptions });
    this.parts = {
      ...core,
      ...{
        heaps,
        heapFunctions,
        invalidParameter,
        handles,
        standard,
        modules,
        lastError,
        guards,
        tls,
        ntdll,
        exceptions,
        waiters,
        apcs,
        suspension,
        threads,
      },
      ...{ files, openFiles: new OpenFiles() },
      console: new Console(options),
      commandLine: options.argv.map(quoteArgument).join(' '),
      environment: options.env,
    };
  }

  libraries(): HostLibrary[] {
    return libraries(this.parts);
  }

  place(image: Image): number {
    const { vm } = this.core;
    const base = vm.placeImage(image.preferredBase, image.span);
    if (base === undefined || (base !== image.preferredBase && !image.relocatable)) {
      throw new LoadError(`${image.path}: no room at 0x${image.preferredBase.toString(16)}, and it cannot be relocated`);
    }
    const states = vm.addMapped(base, image.span, Mem.IMAGE, Page.EXECUTE_WRITECOPY);
    for (const segment of image.segments) {
      const { from, to } = pagesOf(segment);
      states.fill(from, to, pageStateOf(segment.prot));
    }
    return base;
  }

  heapGrow(bytes: number): number | undefined {
    return this.core.vm.allocate(0, bytes, Mem.RESERVE | Mem.COMMIT, Page.READWRITE) || undefined;
  }

  heapMap(bytes: number): number | undefined {
    return this.heapGrow(bytes);
  }

  heapUnmap(address: number): void {
    this.core.vm.free(address, 0, Mem.RELEASE);
  }

  setErrno(value: number): void {
    const thread = this.port.currentCall()?.thread ?? this.process.current;
    if (thread) this.parts.lastError.setErrno(thread, value);
  }

  start(program: LoadedImage, images: LoadedImages, resolve: (name: string) => number | undefined = () => undefined): void {
    const { modules, ntdll, tls, threads, heaps, heap, commandLine, environment, standard } = this.parts;
    modules.loaded({ program, images, resolve });
    const { memory, layout } = this.core;
    const { image } = program;
    heaps.adopt(image);
    const parameters = writeParameters(memory, (bytes) => heap.allocate(bytes), layout.wordSize, {
      imagePath: modules.path(program),
      commandLine,
      environment,
      handles: standard,
    });
    this.blocks.fillPeb(program.base, heap.base, parameters);
    tls.adopt(images);
    for (const loaded of images.list) this.copyOnWrite(loaded);
    if (image.entry === undefined) throw new LoadError(`${image.path}: no entry point (AddressOfEntryPoint is 0)`);
    const reserve = image.stackReserve ?? DEFAULT_RESERVE;
    const thread = threads.create('main', program.base + image.entry, BigInt(this.blocks.peb), {
      reserve,
      commit: image.stackCommit ?? PAGE_SIZE,
    });
    if (!thread)
      throw new LoadError(
        `${image.path}: no memory for its first thread: a stack of ${reserve} bytes (SizeOfStackReserve) and thread-local data`,
      );
    ntdll.setStartCalls(images, program, windowsThread(thread).id);
  }

  /** The image's pages are as the loader leaves them: to be copied when they are written, but for those it has written itself. */
  private copyOnWrite(loaded: LoadedImage): void {
    const written = writtenByLoader(loaded);
    for (const segment of loaded.image.segments) {
      if ((segment.prot & Prot.Write) === 0) continue;
      const { from, to } = pagesOf(segment);
      this.core.vm.setImageState(loaded.base, from, to, pageStateOf(segment.prot));
      for (let page = from; page < to; page++) if (written.has(page)) this.core.vm.resolveWrite(loaded.base + page * PAGE_SIZE);
    }
  }

  resolveAccess(thread: Thread, address: number, access: number): boolean {
    return this.parts.guards.resolve(thread, address, access);
  }

  memoryFault(thread: Thread, fault: MemoryFault): void {
    this.faults.memory(thread, fault);
  }

  systemCall(thread: Thread, number: number): void {
    this.faults.systemCall(thread, number);
  }

  get gates(): ReadonlySet<number> {
    return this.faults.gates;
  }

  interrupt(thread: Thread, vector: number): void {
    this.faults.interrupt(thread, vector);
  }

  interruptedBy(pc: number, sp: number): FrameRegisters | undefined {
    return interruptedBy(this.core, this.parts.ntdll, pc, sp);
  }

  invalidInstruction(thread: Thread): void {
    this.faults.invalidInstruction(thread);
  }

  ended(): void {
    this.parts.openFiles.closeAll();
  }

  beforeRun(): void {
    this.blocks.tick(this.process.clock.now);
  }
}
