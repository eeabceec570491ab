/** Linux at work in one process: start, faults, system calls, and what only it has. */
import { present } from '../../emulator/present.js';
import { LoadError, type Image } from '../../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import { Random } from '../../emulator/process/random.js';
import type { Thread } from '../../emulator/process/thread.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { Prot } from '../../emulator/engine.js';
import type { LibraryFile, OsContext } from '../os.js';
import { MemoryCalls } from '../posix/memory-calls.js';
import { PosixPort } from '../posix/port.js';
import { PosixOs, PROCESS_ID } from '../posix/posix-os.js';
import { posixThread, type PosixThread } from '../posix/posix-thread.js';
import { Program } from '../posix/program.js';
import { AddressBook } from './address-limits.js';
import { EXECUTE_ONLY, LinuxFaults } from './faults.js';
import { FilePages } from './file-pages.js';
import { linuxFrames } from './frames.js';
import { GlibcJumpBuffer } from './jump-buffer.js';
import { linuxLayouts, type LinuxLayout } from './layout.js';
import { LinuxMemoryRules, STACK } from './memory-rules.js';
import { libraryFile } from '../posix/kernel/descriptors.js';
import { buildStartBlock } from './start-block.js';
import { addressLimits } from './kernel/limits.js';
import { LinuxSystemCalls } from './system-calls.js';
import { LinuxThreads } from './thread-memory.js';
import { linuxTraits } from './traits.js';
import { mapVdso, vdsoCode } from './vdso.js';

const SYSTEM_CALL_GATE = 0x80;
const HEAP_STEP = 132 << 10;

/** What AT_RANDOM points at. */
function randomBytes(seed: number): Uint8Array {
  const random = new Random(seed ^ 0x52414e44);
  return Uint8Array.from({ length: 16 }, () => random.below(256));
}

/** Work on a file that is copied into memory. */
const BYTES_PER_UNIT = 8;

export class Linux extends PosixOs {
  readonly name = 'linux';
  readonly port: PosixPort;
  private readonly layout: LinuxLayout;
  private readonly linuxThreads: LinuxThreads;
  private readonly faults: LinuxFaults;
  private readonly calls: LinuxSystemCalls;
  private readonly pages: FilePages;
  private readonly random: Uint8Array;
  private readonly systemCallEntry: number;

  constructor(context: OsContext) {
    const { cpu } = context.process;
    const layout = linuxLayouts[cpu];
    const code = vdsoCode(cpu, layout.vdso);
    const random = randomBytes(context.options.seed);
    const word = (at: number): number => new DataView(random.buffer).getUint32(at, true);
    const secrets =
      cpu === 'ia32'
        ? { canary: [word(0) & ~0xff, 0] as [number, number], pointerGuard: [word(4), 0] as [number, number] }
        : { canary: [(word(0) & ~0xff) >>> 0, word(4)] as [number, number], pointerGuard: [word(8), word(12)] as [number, number] };
    const traits = linuxTraits(cpu, layout, context.process.memoryLimit.limit, context.options.quirks.includes(EXECUTE_ONLY));
    const frames = linuxFrames(context.process, traits.signals, code);
    const memory = new MemoryCalls(context.process.space, context.process.memoryLimit, traits.memory, traits.errno);
    const program = new Program();
    const threads = new LinuxThreads(
      context.process,
      memory,
      () => program.images.tls,
      secrets,
      code.systemCall,
      traits.pthread.minimumGuard,
    );
    super(context, { traits, memory, frames, threads, program, firstTid: PROCESS_ID, restorer: code.restorer });
    const { process, system } = this;
    this.layout = layout;
    this.linuxThreads = threads;
    this.random = random;
    this.systemCallEntry = code.systemCall;
    mapVdso(process, layout);
    process.space.map(layout.stackTop - layout.stackSize, layout.stackSize, Prot.RW, { name: '[stack]', tag: STACK });
    this.port = new PosixPort(system, new GlibcJumpBuffer(process, () => program.images.exported('__pointer_chk_guard')));
    this.faults = new LinuxFaults(system);
    this.pages = new FilePages(
      process.space,
      process.supervisor,
      (bytes) => process.memoryLimit.fits(bytes),
      (bytes) => process.clock.advance(bytes / BYTES_PER_UNIT),
    );
    const book = new AddressBook(process.space, layout.userLimit, () => addressLimits(this.calls.shared.state.limits));
    memory.own = new LinuxMemoryRules(
      memory,
      (fd) => this.calls.shared.descriptors.get(fd),
      (address, bytes) => {
        process.clock.advance(bytes.length / BYTES_PER_UNIT);
        if (bytes.every((byte) => byte === 0)) return true;
        if (!process.memoryLimit.fits(bytes.length)) return false;
        process.supervisor.write(address, bytes);
        return true;
      },
      (address) => {
        process.clock.advance(1);
        if (process.space.isResident(address)) return true;
        if (!process.memoryLimit.fits(traits.memory.pageSize)) return false;
        process.space.touch(address);
        return true;
      },
      (what) => process.end({ kind: 'unsupported', text: what }),
      process.abi.wordSize === 8,
      this.pages,
      book,
    );
    this.calls = new LinuxSystemCalls(system, frames, this.faults, layout, this.pages, book, context.files, (thread) =>
      this.threads.adopt(thread),
    );
  }

  get descriptors() {
    const { descriptors } = this.calls.shared;
    return {
      add: (file: LibraryFile) => Math.max(-1, descriptors.add(libraryFile(file))),
      remove: (descriptor: number) => void descriptors.close(descriptor),
    };
  }

  protected ownFunctions(): HostFunction[] {
    return [
      this.errnoLocation('__errno_location'),
      hostFunction('gettid', 'i()', (call) => posixThread(call.thread).tid),
      hostFunction('__tls_get_addr', 'p(p)', (call, index) => this.tlsVariable(call, index)),
      // IA-32's GNU dialect passes the argument in eax.
      ...(this.process.cpu === 'ia32'
        ? [hostFunction('___tls_get_addr', 'p()', (call) => this.tlsVariable(call, this.process.registers(call.thread).get(X86.rax)))]
        : []),
    ];
  }

  /** Dynamic TLS: every module's block is in static TLS here. `index`: a module's number and the variable's offset in its block. */
  private tlsVariable({ thread, memory }: HostCall, index: number): number {
    const [module, offset] = [memory.word(index), memory.word(index + memory.wordSize)];
    const { process } = this;
    const tp = posixThread(thread).identity + (process.cpu === 'arm64' ? 1856 : 0);
    const { images } = this.program;
    const block = images.tls.blocks.find((b) => images.list.indexOf(b.module) + 1 === module);
    return block ? tp + block.offset + offset : 0;
  }

  protected programBase(image: Image): number | undefined {
    if (!image.relocatable) return image.preferredBase;
    return image.isStatic ? this.system.memory.findPlace(image.span) : this.layout.pieBase;
  }

  /** The break: the heap grows from the end of the program, as malloc's main arena does; elsewhere when it can't. */
  override heapGrow(bytes: number): number | undefined {
    const { programBreak } = this.calls.shared;
    // The program may have moved the break by itself.
    const base = Math.ceil(programBreak.end / 4096) * 4096;
    const wanted = base + Math.ceil(Math.max(bytes, HEAP_STEP) / 4096) * 4096;
    return base !== 0 && programBreak.move(wanted) === wanted ? base : super.heapGrow(bytes);
  }

  protected startMain(posix: PosixThread, program: LoadedImage, images: LoadedImages): void {
    const { process, layout } = this;
    const { options } = this.system;
    const { thread } = posix;
    const { isStatic } = program.image;
    // A position-independent program without a dynamic linker lies among the mappings, and its heap where others lie.
    this.calls.shared.programBreak.place(isStatic && program.image.relocatable ? layout.pieBase : program.base + program.image.span);
    thread.stackLimit = layout.stackTop;
    thread.stackBase = layout.stackTop - layout.stackSize;
    if (!isStatic) this.linkedStart(posix, program, images);
    this.system.cancellation.instruction = images.exported('__mpsemu_cancellation_point');
    const block = buildStartBlock(process.supervisor, {
      layout,
      path: options.argv[0] ?? program.image.path,
      argv: options.argv,
      env: options.env,
      random: this.random,
      program,
      systemCall: this.systemCallEntry,
    });
    // glibc has it end with the page that the first stack pointer is in.
    const base = layout.stackTop - layout.stackSize;
    posix.described = { base, size: block.sp - (block.sp % 4096) + 4096 - base, guard: 0 };
    process.withThread(thread, (registers) => {
      registers.set(process.abi.sp, block.sp);
      registers.set(process.abi.pc, program.base + present(program.image.entry, 'the entry point'));
      if (!isStatic) this.runInitialisers(thread, images, [block.argc, block.argv, block.envp]);
    });
  }

  /** What the dynamic linker does before the program begins. A static program does it all by itself. */
  private linkedStart(posix: PosixThread, program: LoadedImage, images: LoadedImages): void {
    const { thread } = posix;
    // The dynamic linker takes the main thread's TLS from mmap.
    const tlsBytes = Math.ceil((images.tls.size + images.tls.align + 4096) / 4096) * 4096;
    const area = this.system.memory.anonymous(tlsBytes);
    if (area === undefined) throw new LoadError(`${program.image.path}: no memory for ${images.tls.size} bytes of thread-local storage`);
    this.linuxThreads.placeControlBlock(posix, area + tlsBytes);
    thread.stackLimit = this.layout.stackTop;
    this.storeGuards(images);
  }

  /** ARM64 keeps the two secrets in variables. */
  private storeGuards(images: LoadedImages): void {
    const { canary, pointerGuard } = this.linuxThreads.secrets;
    const memory = this.process.supervisor;
    for (const [name, value] of [
      ['__stack_chk_guard', canary],
      ['__pointer_chk_guard', pointerGuard],
    ] as const) {
      const at = images.exported(name);
      if (at === undefined) continue;
      memory.setU32(at, value[0]);
      if (this.process.abi.wordSize === 8) memory.setU32(at + 4, value[1]);
    }
  }

  memoryFault(thread: Thread, fault: MemoryFault): void {
    this.faults.memory(thread, fault);
    // A handler that is host code runs at once: the fetch that would find it at its gate executes nothing.
    if (!fault.fromHost && this.process.gates.at(this.process.registers(thread).get(this.process.abi.pc)))
      this.process.runHostFunctionNow(thread);
  }

  override beforeRun(thread: Thread): void {
    this.calls.goOn(thread);
    if (thread.state === 'runnable') super.beforeRun(thread);
  }

  ended(): void {
    this.pages.writeAll();
  }

  systemCall(thread: Thread): void {
    this.calls.dispatch(thread);
  }

  readonly gates = new Set([SYSTEM_CALL_GATE]);

  interrupt(thread: Thread, vector: number, detail: number): void {
    if (vector === SYSTEM_CALL_GATE && this.process.cpu !== 'arm64') this.calls.dispatch(thread, 'ia32');
    else this.faults.interrupt(thread, vector, detail);
  }

  invalidInstruction(thread: Thread): void {
    this.faults.invalidInstruction(thread);
  }
}
