/** macOS at work in one process: start, faults, system calls, and what only it has. */
import { Prot } from '../../emulator/engine.js';
import type { Image } from '../../emulator/loader/image.js';
import { LoadError } from '../../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import { Random } from '../../emulator/process/random.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { LibraryFile, OsContext } from '../os.js';
import { libraryFile } from '../posix/kernel/descriptors.js';
import { MemoryCalls } from '../posix/memory-calls.js';
import { PosixOs } from '../posix/posix-os.js';
import { posixThread, type PosixThread } from '../posix/posix-thread.js';
import { Program } from '../posix/program.js';
import { stackProtectorFunctions } from '../posix/stack-protector.js';
import { MacFaults } from './faults.js';
import { macFileRules } from './file-rules.js';
import { MacFrames } from './frames.js';
import { MacKernel } from './kernel.js';
import { macLayout, type MacLayout } from './layout.js';
import { machFunctions, type MachSystem } from './mach-functions.js';
import { MacPort } from './port.js';
import { buildStartBlock, startMain } from './start.js';
import { mapSystemCode, systemCodeAt, type SystemCode } from './system-code.js';
import { MacSystemCalls } from './system-calls.js';
import { ThreadLocals } from './thread-locals.js';
import { MacThreads } from './threads.js';
import { macTraits } from './traits.js';
import { unfairLockFunctions } from './unfair-lock.js';

const FIRST_TID = 0x1000;

/** What the kernel and dyld have mapped before the program's first instruction. */
function mapFixed(process: Process, layout: MacLayout, threadLocals: ThreadLocals): void {
  const { stackTop, stackSize, stackGuard } = layout;
  process.space.map(stackTop - stackSize - stackGuard, stackGuard, Prot.None, { name: 'stack guard' });
  process.space.map(stackTop - stackSize, stackSize, Prot.RW, { name: 'stack' });
  mapSystemCode(process, layout, process.defineHostFunction(threadLocals.slowPath, 'libdyld.dylib'));
}

export class MacOs extends PosixOs {
  readonly name = 'macos';
  readonly port: MacPort;
  private readonly mach: MachSystem;
  private readonly code: SystemCode;
  private readonly faults: MacFaults;
  private readonly calls: MacSystemCalls;
  private readonly macThreads: MacThreads;
  private readonly threadLocals: ThreadLocals;
  private readonly munge: readonly [number, number];
  private readonly guard: readonly [number, number];

  constructor(context: OsContext) {
    const { process, platform, options } = context;
    const layout = macLayout(platform.cpu);
    const traits = macTraits(platform.cpu, layout, platform.cpu === 'arm64' || options.quirks.includes('hardened-runtime'));
    const random = new Random(options.seed ^ 0x58434f53);
    // ptr_munge and stack_guard of the apple strings; the guard's lowest byte is zero.
    const munge = [random.next(), random.next()] as const;
    const guard = [random.next() & ~0xff, random.next()] as const;
    const code = systemCodeAt(layout);
    const kernel = new MacKernel(process);
    const frames = new MacFrames(process, traits.signals, random.next());
    const memory = new MemoryCalls(process.space, process.memoryLimit, traits.memory, traits.errno);
    const threadLocals = new ThreadLocals((bytes) => memory.anonymous(bytes), code.threadLocal);
    const threads = new MacThreads(process, layout, memory, kernel.ports, munge, (thread) => threadLocals.release(thread));
    const program = new Program();
    super(context, { traits, memory, frames, threads, program, firstTid: FIRST_TID, restorer: code.trampoline });
    const { system } = this;
    const mach = (this.mach = { ...system, kernel, layout, threads: this.threads });
    this.code = code;
    this.munge = munge;
    this.guard = guard;
    this.threadLocals = threadLocals;
    this.macThreads = threads;
    this.faults = new MacFaults(system, kernel, layout);
    this.calls = new MacSystemCalls(mach, frames, context.files);
    memory.files = macFileRules(process, (fd) => this.calls.bsd.descriptors.get(fd));
    mapFixed(process, layout, threadLocals);
    this.port = new MacPort(mach);
  }

  get descriptors() {
    const { descriptors } = this.calls.bsd;
    return {
      add: (file: LibraryFile) => Math.max(-1, descriptors.add(libraryFile(file))),
      remove: (descriptor: number) => void descriptors.close(descriptor),
    };
  }

  protected ownFunctions(): HostFunction[] {
    return [
      ...machFunctions(this.mach),
      this.errnoLocation('__error'),
      ...stackProtectorFunctions(this.system, 'macos'),
      // Never reached: every import is bound before the program runs, every descriptor filled in.
      hostFunction('dyld_stub_binder', 'v()', () =>
        this.process.end({ kind: 'unsupported', text: 'dyld_stub_binder was called, though nothing is bound lazily here' }),
      ),
      hostFunction('_tlv_bootstrap', 'p(p)', () =>
        this.process.end({ kind: 'error', text: 'a thread-local variable was used before its image was set up' }),
      ),
    ];
  }

  protected override ownThreadFunctions(): HostFunction[] {
    return unfairLockFunctions(this.mach);
  }

  protected programBase(image: Image): number {
    return image.relocatable ? this.mach.layout.programBase : image.preferredBase;
  }

  protected startMain(posix: PosixThread, program: LoadedImage, images: LoadedImages, exit: number | undefined): void {
    const { process, layout, options, memory } = this.mach;
    this.system.cancellation.instruction = images.exported('__mpsemu_cancellation_point');
    const { thread } = posix;
    if (exit === undefined) throw new Error('no library has exit');
    thread.stackBase = layout.stackTop - layout.stackSize;
    thread.stackLimit = layout.stackTop;
    const structure = memory.anonymous(this.macThreads.structureSize);
    if (structure === undefined) throw new LoadError(`${program.image.path}: no memory for the main thread`);
    this.macThreads.placeStructure(posix, structure);
    this.threadLocals.install(images, (address, value) => process.supervisor.setWord(address, value));
    this.fillVariables(images);
    const hex = ([low, high]: readonly [number, number]): string =>
      `0x${high.toString(16).padStart(8, '0')}${(low >>> 0).toString(16).padStart(8, '0')}`;
    const block = buildStartBlock(process, layout.stackTop, program.base, {
      path: options.argv[0] ?? program.image.path,
      argv: options.argv,
      env: options.env,
      apple: [
        `stack_guard=${hex(this.guard)}`,
        `ptr_munge=${hex(this.munge)}`,
        `main_stack=0x${layout.stackTop.toString(16)},0x${layout.stackSize.toString(16)}`,
      ],
    });
    startMain(process, thread, block, program, images, this.code.start, exit);
  }

  /** Variables of libSystem that it sets itself. */
  private fillVariables(images: LoadedImages): void {
    const { process, layout, kernel } = this.mach;
    const memory = process.supervisor;
    const word = (name: string, low: number, high = 0): void => {
      const at = images.exported(name);
      if (at === undefined) return;
      memory.setU32(at, low >>> 0);
      memory.setU32(at + 4, high);
    };
    word('__stack_chk_guard', ...this.guard);
    word('vm_page_size', layout.pageSize);
    word('vm_page_mask', layout.pageSize - 1);
    const task = images.exported('mach_task_self_');
    if (task !== undefined) memory.setU32(task, kernel.ports.task);
  }

  override beforeRun(thread: Thread): void {
    this.mach.kernel.delivery.resume(thread);
    this.calls.goOn(thread);
    if (thread.state !== 'runnable') return;
    super.beforeRun(thread);
    // A thread of host code goes on with its call at once: the fetch that would find it at its gate executes nothing.
    if (posixThread(thread).service) this.process.runHostFunctionNow(thread);
  }

  memoryFault(thread: Thread, fault: MemoryFault): void {
    this.faults.memory(thread, fault);
  }

  systemCall(thread: Thread): void {
    this.calls.dispatch(thread);
  }

  interrupt(thread: Thread, vector: number, detail: number): void {
    this.faults.interrupt(thread, vector, detail);
  }

  invalidInstruction(thread: Thread): void {
    this.faults.invalidInstruction(thread);
  }
}
