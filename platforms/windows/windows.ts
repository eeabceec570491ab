/**
 * Windows at work in one process: the state that all the modelled calls share,
 * process start, thread creation and end. Conventions of starting as observed
 * for the x86-64 loader and thread start, and published for IA-32.
 */
import type { Word } from '../../emulator/abi/abi.js';
import { Fxsave, fxsaveView, MXCSR_INITIAL, X87Control } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { LoadError, type Image } from '../../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import { GuestFault, type MemoryView } from '../../emulator/memory/memory-view.js';
import type { HostLibrary } from '../../emulator/process/host-call.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Os, OsContext, OsOptions } from '../os.js';
import { Console } from './console.js';
import { context32 } from './context-ia32.js';
import { context64 } from './context-x86-64.js';
import type { ContextCodec } from './context.js';
import { Exceptions } from './exceptions.js';
import { Faults } from './faults.js';
import { CURRENT_PROCESS, CURRENT_THREAD, HandleTable, type HandleEntry } from './handles.js';
import { Heap } from './heap.js';
import { layoutOf, type Layout } from './layout.js';
import { libraries } from './libraries.js';
import { Mem, Page, PAGE_SIZE } from './memory-constants.js';
import { Ntdll } from './ntdll.js';
import { KernelObject, ProcessObject, StreamObject, ThreadObject } from './objects.js';
import { WindowsPort } from './port.js';
import { ProcessBlock, quoteArgument, writeParameters } from './process-block.js';
import { pageStateOf } from './image-pages.js';
import { SpacePages } from './space-pages.js';
import { canGrow, createStack, freeStack, growStack } from './stacks.js';
import { Suspension } from './suspension.js';
import { Tls } from './tls.js';
import { VirtualMemory } from './virtual-memory.js';
import { windowsThread, WindowsThread } from './windows-thread.js';

const PROCESS_ID = 0xfa0;
const FIRST_THREAD_ID = 0xfa4;
const ALL_ACCESS = 0x1fffff;
/** Highest address that a program can have, inclusive. */
const HIGHEST = { 4: 0x7ffeffff, 8: 0x7ffffffeffff } as const;
/** Commit limit: what the emulated machine has. */
const COMMIT_LIMIT = 0xf0000000;
/** x87 control word of a new thread: 53 bits, all exceptions masked. MXCSR as the CPU's reset. */

export class Windows implements Os {
  readonly name = 'windows';
  readonly alwaysLoaded = ['ntdll.dll'];
  readonly process: Process;
  readonly options: OsOptions;
  readonly layout: Layout;
  readonly memory: MemoryView;
  readonly codec: ContextCodec;
  readonly vm: VirtualMemory;
  readonly heap: Heap;
  readonly blocks: ProcessBlock;
  readonly handles = new HandleTable();
  readonly named = new Map<string, KernelObject>();
  readonly standard: [number, number, number];
  readonly console: Console;
  readonly tls: Tls;
  readonly exceptions: Exceptions;
  readonly faults: Faults;
  readonly port: WindowsPort;
  readonly suspension = new Suspension(this);
  readonly processObject = new ProcessObject();
  readonly commandLine: string;
  readonly processId = PROCESS_ID;
  images: LoadedImages | undefined;
  program: LoadedImage | undefined;
  /** Address of any function that programs can import, by name. */
  resolve: (name: string) => number | undefined = () => undefined;
  private ntdllFound: Ntdll | undefined;
  private nextThreadId = FIRST_THREAD_ID;
  private liveThreads = 0;

  constructor(readonly context: OsContext) {
    const { process, platform, options } = context;
    this.process = process;
    this.options = options;
    this.layout = layoutOf(platform.wordSize);
    this.memory = process.supervisor;
    this.codec = platform.wordSize === 8 ? context64 : context32;
    this.vm = new VirtualMemory(new SpacePages(process.space), 0x10000, HIGHEST[platform.wordSize], COMMIT_LIMIT);
    const gates = process.options.gates;
    this.vm.addMapped(gates.base, gates.size, Mem.IMAGE, Page.EXECUTE_WRITECOPY);
    this.blocks = new ProcessBlock(this.vm, this.memory, this.layout, process.space);
    this.heap = new Heap(this.vm, (address, length) => this.memory.fill(address, length, 0), platform.wordSize);
    this.standard = [0, 1, 2].map((n) => this.handles.open(new StreamObject(n as 0 | 1 | 2), ALL_ACCESS)) as [number, number, number];
    this.console = new Console(options);
    this.tls = new Tls(this);
    this.exceptions = new Exceptions(this);
    this.faults = new Faults(this);
    this.port = new WindowsPort(this);
    this.commandLine = options.argv.map(quoteArgument).join(' ');
  }

  // The contract of an OS

  libraries(): HostLibrary[] {
    return libraries(this);
  }

  place(image: Image): number {
    const base = this.vm.placeImage(image.preferredBase, image.span);
    if (base === undefined || (base !== image.preferredBase && !image.relocatable)) {
      throw new LoadError(`${image.path}: no room at 0x${image.preferredBase.toString(16)}, and it cannot be relocated`);
    }
    const states = this.vm.addMapped(base, image.span, Mem.IMAGE, Page.EXECUTE_WRITECOPY);
    for (const segment of image.segments) {
      const from = Math.floor(segment.offset / PAGE_SIZE);
      const to = Math.ceil((segment.offset + segment.size) / PAGE_SIZE);
      states.fill(from, to, pageStateOf(segment.prot));
    }
    return base;
  }

  heapGrow(bytes: number): number | undefined {
    return this.vm.allocate(0, bytes, Mem.RESERVE | Mem.COMMIT, Page.READWRITE) || undefined;
  }

  setErrno(value: number): void {
    const { thread } = this.port.currentCall() ?? { thread: this.process.current! };
    this.memory.setU32(this.errnoAddress(thread), value);
  }

  start(program: LoadedImage, images: LoadedImages, resolve: (name: string) => number | undefined = () => undefined): void {
    this.images = images;
    this.resolve = resolve;
    this.program = program;
    const ntdll = this.ntdll;
    const { wordSize } = this.layout;
    const parameters = writeParameters(this.memory, (bytes) => this.heap.allocate(bytes), wordSize, {
      imagePath: this.modulePath(program),
      commandLine: this.commandLine,
      environment: this.options.env,
      handles: this.standard,
    });
    this.blocks.fillPeb(program.base, this.heap.base, parameters);
    this.tls.adopt(images);
    if (program.image.entry === undefined) throw new LoadError(`${program.image.path}: no entry point`);
    const thread = this.createThread('main', program.base + program.image.entry, BigInt(this.blocks.peb), {
      reserve: program.image.stackReserve ?? 0x100000,
      commit: program.image.stackCommit ?? PAGE_SIZE,
    });
    if (!thread) throw new LoadError(`${program.image.path}: no memory for a stack of ${program.image.stackReserve} bytes`);
    ntdll.setStartCalls(images, program, windowsThread(thread).id);
  }

  get ntdll(): Ntdll {
    return (this.ntdllFound ??= new Ntdll(this));
  }

  /** The file name that GetModuleFileName reports. */
  modulePath(module: LoadedImage): string {
    const name = module.image.path.replaceAll('\\', '/').split('/').pop()!;
    return module === this.program ? `C:\\${name}` : `C:\\Windows\\System32\\${name}`;
  }

  memoryFault(thread: Thread, fault: MemoryFault): void {
    this.faults.memory(thread, fault);
  }

  systemCall(thread: Thread, number: number): void {
    this.faults.systemCall(thread, number);
  }

  interrupt(thread: Thread, vector: number): void {
    this.faults.interrupt(thread, vector);
  }

  invalidInstruction(thread: Thread): void {
    this.faults.invalidInstruction(thread);
  }

  beforeRun(): void {
    this.blocks.tick(this.process.clock.now);
  }

  // Threads

  /** A thread whose context is at RtlUserThreadStart(routine, parameter). Undefined: no memory. */
  createThread(name: string, routine: number, parameter: Word, size: { reserve: number; commit: number }): Thread | undefined {
    const stack = createStack(this.vm, size.reserve, size.commit, this.layout.wordSize === 8 ? 3 : 2);
    if (!stack) return undefined;
    const id = this.nextThreadId;
    const teb = this.blocks.createTeb(stack, PROCESS_ID, id);
    if (teb === undefined) {
      freeStack(this.vm, stack);
      return undefined;
    }
    this.nextThreadId += 4;
    const thread = this.process.createThread(name);
    thread.stackBase = stack.deallocation;
    thread.stackLimit = stack.base;
    const own = new WindowsThread(thread, id, teb, stack, new ThreadObject(thread));
    this.tls.prepareThread(own);
    this.setStartRegisters(thread, routine, parameter, own);
    this.liveThreads++;
    return thread;
  }

  private setStartRegisters(thread: Thread, routine: number, parameter: Word, own: WindowsThread): void {
    const wide = this.layout.wordSize === 8;
    this.process.withThread(thread, (registers) => {
      registers.set(wide ? X86.rcx : X86.rax, routine);
      registers.setBig(wide ? X86.rdx : X86.rbx, parameter);
      registers.set(X86.rsp, own.stack.base - (wide ? 0x28 : 0x10));
      registers.set(X86.rip, this.ntdll.userThreadStart);
      registers.set(wide ? X86.gsBase : X86.fsBase, own.teb);
      this.process.engine.readFloat();
      const image = fxsaveView(this.process.engine);
      image.setUint16(Fxsave.control, X87Control.double, true);
      image.setUint32(Fxsave.mxcsr, MXCSR_INITIAL, true);
      this.process.engine.writeFloat();
    });
  }

  /** The end of a thread. The process ends with its last one. */
  endThread(thread: Thread, code: number): void {
    const own = windowsThread(thread);
    own.object.exitCode = code;
    for (const mutex of own.object.owned) {
      mutex.abandon();
      this.process.changed(mutex);
    }
    own.object.owned.clear();
    for (const block of own.blocks) this.heap.release(block);
    if (own.errno) this.heap.release(own.errno);
    if (own.closeAtEnd) this.handles.close(own.closeAtEnd);
    this.process.endThread(thread, BigInt(code >>> 0));
    if (--this.liveThreads === 0) this.process.end({ kind: 'exit', code });
    freeStack(this.vm, own.stack);
    this.blocks.freeTeb(own.teb);
  }

  // What the calls share

  setLastError(thread: Thread, code: number): void {
    this.memory.setU32(windowsThread(thread).teb + this.layout.teb.lastError, code);
  }

  lastError(thread: Thread): number {
    return this.memory.u32(windowsThread(thread).teb + this.layout.teb.lastError);
  }

  errnoAddress(thread: Thread): number {
    const own = windowsThread(thread);
    if (!own.errno) {
      own.errno = this.heap.allocate(8);
      this.memory.fill(own.errno, 8, 0);
    }
    return own.errno;
  }

  /** The object a handle or pseudo-handle names, if the handle has all of these rights. */
  handle(thread: Thread, handle: number): HandleEntry | undefined {
    if (handle === CURRENT_THREAD) return { object: windowsThread(thread).object, access: ALL_ACCESS };
    if (handle === CURRENT_PROCESS) return { object: this.processObject, access: ALL_ACCESS };
    return this.handles.get(handle);
  }

  /**
   * Run what a kernel does to user memory: growing the stack as the touch of a guard page by the kernel would.
   * Undefined if the memory refuses (the call then fails with ERROR_NOACCESS).
   */
  kernelAccess<T>(thread: Thread, action: () => T): T | undefined {
    for (;;) {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof GuestFault) || !this.touchGuard(thread, error.address)) return undefined;
      }
    }
  }

  /** Is `address` on the guard page of `thread`'s own stack? */
  onOwnGuard(thread: Thread, address: number): boolean {
    const { stack } = windowsThread(thread);
    return address >= stack.deallocation && address < stack.base && (this.vm.stateAt(address) & Page.GUARD) !== 0;
  }

  /** `address` is touched. If it is on the guard page of the thread's own stack, and there is room, the stack grows: true. */
  touchGuard(thread: Thread, address: number): boolean {
    if (!this.onOwnGuard(thread, address) || !canGrow(windowsThread(thread).stack, address)) return false;
    this.takeStackGuard(thread, address);
    return true;
  }

  /** The guard page goes; where there is no room for another this is the stack overflow. */
  takeStackGuard(thread: Thread, address: number): void {
    const { stack, teb } = windowsThread(thread);
    growStack(this.vm, stack, address);
    this.memory.setWord(teb + this.layout.teb.stackLimit, stack.limit);
  }

  /** 'prog!main+0x12' for people. */
  where(pc: number): string {
    return this.process.names.describe(pc);
  }
}
