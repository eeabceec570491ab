/** macOS at work in one process: start, faults, system calls, and what only it has. Its signals, mappings and pthreads are those of ../posix. */
import { Prot } from '../../emulator/engine.js';
import type { Image } from '../../emulator/loader/image.js';
import { LoadError } from '../../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import { hostFunction, type HostFunction, type HostLibrary } from '../../emulator/process/host-call.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Process } from '../../emulator/process/process.js';
import { Random } from '../../emulator/process/random.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Os, OsContext, OsOptions } from '../os.js';
import { clockFunctions } from '../posix/clock.js';
import { resourceFunctions } from '../posix/resources.js';
import { Conditions } from '../posix/conditions.js';
import { lockFunctions } from '../posix/locks.js';
import { memoryFunctions } from '../posix/memory-functions.js';
import { Mutexes } from '../posix/mutexes.js';
import { LibraryHeap, ObjectPlaces } from '../posix/objects.js';
import { posixThread } from '../posix/posix-thread.js';
import { semaphoreFunctions } from '../posix/semaphores.js';
import { SignalCalls } from '../posix/signal-calls.js';
import { SignalFunctions } from '../posix/signal-functions.js';
import { Signals } from '../posix/signals.js';
import { fail } from '../posix/system.js';
import { ThreadLibrary } from '../posix/thread-library.js';
import type { PosixTraits } from '../posix/traits.js';
import { MacFaults } from './faults.js';
import { MacFrames } from './frames.js';
import { MacKernel } from './kernel.js';
import { macLayouts, type MacLayout } from './layout.js';
import { machFunctions, type MachSystem } from './mach-functions.js';
import { MacMemory } from './memory.js';
import { MacPort } from './port.js';
import { buildStartBlock, startMain } from './start.js';
import { mapSystemCode, systemCodeAt, type SystemCode } from './system-code.js';
import { MacSystemCalls } from './system-calls.js';
import { ThreadLocals } from './thread-locals.js';
import { MacThreads, Slot, TSD_OFFSET } from './threads.js';
import { macTraits } from './traits.js';
import { unfairLockFunctions } from './unfair-lock.js';

const PROCESS_ID = 1000;
const FIRST_TID = 0x1000;

export class MacOs implements Os, MachSystem {
  readonly name = 'macos';
  readonly process: Process;
  readonly options: OsOptions;
  readonly pid = PROCESS_ID;
  readonly layout: MacLayout;
  readonly traits: PosixTraits;
  readonly memory: MacMemory;
  readonly kernel: MacKernel;
  readonly signals: Signals;
  readonly signalCalls: SignalCalls;
  readonly threads: ThreadLibrary;
  readonly port: MacPort;
  private readonly code: SystemCode;
  private readonly frames: MacFrames;
  private readonly faults: MacFaults;
  private readonly calls: MacSystemCalls;
  private readonly signalFunctions: SignalFunctions;
  private readonly places: ObjectPlaces;
  private readonly macThreads: MacThreads;
  private readonly threadLocals: ThreadLocals;
  private readonly munge: readonly [number, number];
  private readonly guard: readonly [number, number];

  constructor({ process, platform, options }: OsContext) {
    this.process = process;
    this.options = options;
    const cpu = platform.cpu as 'x86-64' | 'arm64';
    const hardened = cpu === 'arm64' || options.quirks.includes('hardened-runtime');
    this.layout = macLayouts[cpu];
    this.traits = macTraits(this.layout, hardened ? 'EACCES' : 'allowed');
    const random = new Random(options.seed ^ 0x58434f53);
    // ptr_munge and stack_guard of the apple strings; the guard's lowest byte is zero.
    this.munge = [random.next(), random.next()];
    this.guard = [random.next() & ~0xff, random.next()];
    this.code = systemCodeAt(this.layout);
    this.memory = new MacMemory(process.space, this.traits.memory, this.traits.errno, cpu === 'arm64');
    this.kernel = new MacKernel(process);
    this.frames = new MacFrames(process, this.traits.signals, random.next());
    this.signals = new Signals(process, this.traits.signals, this.frames, (pc) => this.where(pc));
    this.signalCalls = new SignalCalls(this);
    this.signalFunctions = new SignalFunctions(this, this.code.trampoline);
    this.places = new ObjectPlaces(process.user, new LibraryHeap(process.supervisor, (bytes) => this.heapGrow(bytes)));
    this.threadLocals = new ThreadLocals((bytes) => this.heapGrow(bytes), this.code.threadLocal);
    this.macThreads = new MacThreads(
      process,
      this.layout,
      () => this.memory,
      () => this.kernel.ports,
      this.munge,
      (thread) => this.threadLocals.release(thread),
    );
    this.threads = new ThreadLibrary(this, this.places, this.macThreads, FIRST_TID);
    this.faults = new MacFaults(this, this.kernel, this.layout, (fault, mapped) => this.describeFault(fault, mapped));
    this.calls = new MacSystemCalls(this, this.frames, options);
    this.mapFixed();
    this.port = new MacPort(platform, process, this.kernel, this.portCalls(), process.gates);
  }

  /** What the kernel and dyld have mapped before the program's first instruction. */
  private mapFixed(): void {
    const { process, layout } = this;
    const { stackTop, stackSize, stackGuard, gates } = layout;
    process.space.map(gates.base, gates.size, Prot.None, { name: 'library functions' });
    process.space.map(stackTop - stackSize - stackGuard, stackGuard, Prot.None, { name: 'stack guard' });
    process.space.map(stackTop - stackSize, stackSize, Prot.RW, { name: 'stack' });
    mapSystemCode(process, layout, process.defineHostFunction(this.threadLocals.slowPath, 'libdyld.dylib'));
  }

  /** The calls that the port makes, without going through a gate. */
  private portCalls(): ConstructorParameters<typeof MacPort>[3] {
    const { memory } = this;
    return {
      mmap: (address, length, prot, flags) => {
        const result = memory.mmap(address, length, prot, flags, -1, 0);
        return result < 0 ? { errno: -result } : result;
      },
      munmap: (address, length) => -memory.munmap(address, length),
      mprotect: (address, length, prot) => -memory.mprotect(address, length, prot),
      createHostThread: (name, gate) => this.createHostThread(name, gate),
      mungeToken: (thread) => {
        const slot = posixThread(thread).identity + TSD_OFFSET + 8 * Slot.munge;
        return [this.process.supervisor.u32(slot), this.process.supervisor.u32(slot + 4)];
      },
    };
  }

  private createHostThread(name: string, gate: number): Thread {
    const { defaultStack, defaultGuard } = this.traits.pthread;
    const created = this.threads.create(
      name,
      { detached: true, stackAddress: 0, stackSize: defaultStack, guardSize: defaultGuard },
      gate,
      0,
    );
    if (!created) throw new Error(`no memory for the thread '${name}'`);
    created.service = true;
    return created.thread;
  }

  libraries(): HostLibrary[] {
    const { c, threads } = this.traits.libraryNames;
    const general: HostFunction[] = [
      ...memoryFunctions(this),
      ...clockFunctions(this),
      ...resourceFunctions(this),
      ...this.signalFunctions.list(),
      ...machFunctions(this),
      hostFunction('fork', 'i()', () => fail(this, 'ENOSYS')),
      hostFunction('__error', 'p()', (call) => posixThread(call.thread).errnoAddress),
      // Never reached: every import is bound before the program runs, every descriptor filled in.
      hostFunction('dyld_stub_binder', 'v()', () =>
        this.process.end({ kind: 'error', text: 'dyld_stub_binder was called, though nothing is bound lazily here' }),
      ),
      hostFunction('_tlv_bootstrap', 'p(p)', () =>
        this.process.end({ kind: 'error', text: 'a thread-local variable was used before its image was set up' }),
      ),
    ];
    const mutexes = new Mutexes(this, this.places);
    const threading = [
      ...this.threads.list(),
      ...mutexes.list(),
      ...new Conditions(this, this.places, mutexes).list(),
      ...lockFunctions(this, this.places).filter(({ name }) => !name.startsWith('pthread_barrier')),
      ...semaphoreFunctions(this),
      ...unfairLockFunctions(this),
    ];
    return [
      { name: c, functions: general },
      { name: threads, functions: threading },
    ];
  }

  place(image: Image): number {
    const { space } = this.process;
    const { pageSize } = this.layout;
    const span = Math.ceil(image.span / pageSize) * pageSize;
    const wanted = image.kind === 'executable' && image.relocatable ? this.layout.programBase : image.preferredBase;
    if ((image.kind === 'executable' || !image.relocatable) && space.isFree(wanted, span)) return wanted;
    const base = image.relocatable ? this.memory.findPlace(span) : undefined;
    if (base === undefined) throw new LoadError(`${image.path}: no room for it at 0x${wanted.toString(16)}, and it cannot be relocated`);
    return base;
  }

  heapGrow(bytes: number): number | undefined {
    const { PRIVATE, ANON } = this.traits.memory.flags;
    const base = this.memory.mmap(0, bytes, Prot.RW, PRIVATE | ANON, -1, 0);
    return base >= 0 ? base : undefined;
  }

  setErrno(value: number): void {
    const thread = this.process.hostCalls.running.at(-1)?.thread ?? this.process.current;
    if (thread) this.process.supervisor.setU32(posixThread(thread).errnoAddress, value);
  }

  start(program: LoadedImage, images: LoadedImages, lookup: (name: string) => number | undefined): void {
    const { process, layout, options } = this;
    const exit = lookup('exit');
    if (program.image.entry === undefined) throw new LoadError(`${program.image.path}: no entry point`);
    if (exit === undefined) throw new Error('no library has exit');
    const thread = process.createThread('main');
    const posix = this.threads.adopt(thread);
    this.threads.exitProcess = (last) => this.threads.callExit(last, exit);
    thread.stackBase = layout.stackTop - layout.stackSize;
    thread.stackLimit = layout.stackTop;
    const structure = this.heapGrow(this.macThreads.structureSize);
    if (structure === undefined) throw new LoadError(`${program.image.path}: no memory for the main thread`);
    this.macThreads.placeStructure(posix, structure);
    this.threads.register(posix);
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
    const memory = this.process.supervisor;
    const word = (name: string, low: number, high = 0): void => {
      const at = images.exported(name);
      if (at === undefined) return;
      memory.setU32(at, low >>> 0);
      memory.setU32(at + 4, high);
    };
    word('__stack_chk_guard', ...this.guard);
    word('vm_page_size', this.layout.pageSize);
    word('vm_page_mask', this.layout.pageSize - 1);
    const task = images.exported('mach_task_self_');
    if (task !== undefined) memory.setU32(task, this.kernel.ports.task);
  }

  beforeRun(thread: Thread): void {
    this.kernel.delivery.resume(thread);
    if (thread.state === 'runnable' && this.signals.hasDeliverable(thread)) this.signals.deliver(thread);
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

  /** 'prog!main+0x12' for people. */
  where(pc: number): string {
    return this.process.names.describe(pc);
  }

  private describeFault(fault: MemoryFault, mapped: boolean): string {
    const verb = fault.access === 4 ? 'jump to' : fault.access === 2 ? 'write to' : 'read from';
    if (!fault.canonical) return `${verb} a non-canonical address`;
    const thread = this.process.current;
    const overflow = thread !== undefined && fault.address < thread.stackBase && fault.address >= thread.stackBase - 0x100000;
    const state = overflow ? ' below the stack (stack overflow)' : mapped ? ', which is protected against it' : ', which is not mapped';
    return `${verb} 0x${fault.address.toString(16)}${state}`;
  }
}
