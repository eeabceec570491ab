/** FreeBSD at work in one process: start, faults, system calls, and what only it has. */
import { present } from '../../emulator/present.js';
import { LoadError, type Image } from '../../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import { Fxsave, fxsaveView } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { Prot } from '../../emulator/engine.js';
import { Random } from '../../emulator/process/random.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { LibraryFile, OsContext } from '../os.js';
import { libraryFile } from '../posix/kernel/descriptors.js';
import { FileMappings } from '../posix/file-mappings.js';
import { MemoryCalls } from '../posix/memory-calls.js';
import { PosixPort } from '../posix/port.js';
import { PosixOs } from '../posix/posix-os.js';
import { posixThread, type PosixThread } from '../posix/posix-thread.js';
import { Program } from '../posix/program.js';
import { stackProtectorFunctions } from '../posix/stack-protector.js';
import { FreeBsdFaults } from './faults.js';
import { freebsdFrames } from './frames.js';
import { FreeBsdMemoryRules } from './memory-rules.js';
import { FreeBsdJumpBuffer } from './jump-buffer.js';
import { freebsdLayouts, type FreeBsdCpu, type FreeBsdLayout } from './layout.js';
import { buildStartBlock } from './start-block.js';
import { FreeBsdSystemCalls } from './system-calls.js';
import { FreeBsdThreads } from './thread-memory.js';
import { freebsdTraits } from './traits.js';
import { mapSharedPage } from './trampoline.js';

const SYSTEM_CALL_GATE = 0x80;
const FIRST_TID = 100101;

export class FreeBsd extends PosixOs {
  readonly name = 'freebsd';
  readonly port: PosixPort;
  private readonly layout: FreeBsdLayout;
  private readonly bsdThreads: FreeBsdThreads;
  private readonly faults: FreeBsdFaults;
  private readonly calls: FreeBsdSystemCalls;

  constructor(context: OsContext) {
    const cpu = context.process.cpu as FreeBsdCpu;
    const layout = freebsdLayouts[cpu];
    const traits = freebsdTraits(cpu, layout);
    const frames = freebsdFrames(context.process, traits.signals, layout);
    const memory = new MemoryCalls(context.process.space, context.process.memoryLimit, traits.memory, traits.errno);
    const program = new Program();
    const threads = new FreeBsdThreads(context.process, memory, () => program.images.tls, layout);
    super(context, { traits, memory, frames, threads, program, firstTid: FIRST_TID, restorer: 0 });
    const { process, system } = this;
    this.layout = layout;
    this.bsdThreads = threads;
    mapSharedPage(process, layout);
    process.space.map(layout.stackTop - layout.stackSize, layout.stackSize, Prot.RW, { name: '[stack]' });
    this.port = new PosixPort(system, new FreeBsdJumpBuffer(process));
    this.faults = new FreeBsdFaults(system);
    memory.own = new FreeBsdMemoryRules(
      memory,
      new FileMappings(process, (fd) => this.calls.kernel.descriptors.get(fd)),
      (text) => process.end({ kind: 'unsupported', text }),
      cpu !== 'ia32',
    );
    this.calls = new FreeBsdSystemCalls(system, frames, layout, context.files, (thread) => this.threads.adopt(thread));
  }

  get descriptors() {
    const { descriptors } = this.calls.kernel;
    return {
      add: (file: LibraryFile) => Math.max(-1, descriptors.add(libraryFile(file))),
      remove: (descriptor: number) => void descriptors.close(descriptor),
    };
  }

  protected ownFunctions(): HostFunction[] {
    return [
      this.errnoLocation('__error'),
      ...stackProtectorFunctions(this.system, 'freebsd'),
      hostFunction('pthread_getthreadid_np', 'i()', (call) => posixThread(call.thread).tid),
      hostFunction('__tls_get_addr', 'p(p)', (call, index) => this.tlsVariable(call, index)),
      // IA-32's GNU dialect passes the argument in eax.
      ...(this.process.cpu === 'ia32'
        ? [hostFunction('___tls_get_addr', 'p()', (call) => this.tlsVariable(call, this.process.registers(call.thread).get(X86.rax)))]
        : []),
    ];
  }

  /** Every module's block is in static TLS here. `index`: a module's number and the variable's offset in its block. */
  private tlsVariable({ thread, memory }: HostCall, index: number): number {
    const module = memory.word(index);
    const { images } = this.program;
    const block = images.tls.blocks.find((b) => images.list.indexOf(b.module) + 1 === module);
    const tp = this.process.registers(thread).get(this.process.cpu === 'ia32' ? X86.gsBase : X86.fsBase);
    return block ? tp + block.offset + memory.word(index + memory.wordSize) : 0;
  }

  protected programBase(image: Image): number {
    return image.relocatable ? this.layout.pieBase : image.preferredBase;
  }

  protected startMain(posix: PosixThread, program: LoadedImage, images: LoadedImages): void {
    const { process, layout } = this;
    const { options } = this.system;
    this.system.cancellation.instruction = images.exported('__mpsemu_cancellation_point');
    const { thread } = posix;
    thread.stackLimit = layout.stackTop;
    thread.stackBase = layout.stackTop - layout.stackSize;
    if (!this.bsdThreads.placeControlBlock(posix))
      throw new LoadError(`${program.image.path}: no memory for ${images.tls.size} bytes of thread-local storage`);
    const random = new Random(options.seed ^ 0x43414e41);
    const block = buildStartBlock(process.supervisor, {
      layout,
      path: options.argv[0] ?? program.image.path,
      argv: options.argv,
      env: options.env,
      canary: Uint8Array.from({ length: 64 }, () => random.below(256)),
      program,
    });
    const guard = images.exported('__stack_chk_guard');
    if (guard !== undefined) process.supervisor.write(guard, block.canary.subarray(0, 8 * process.abi.wordSize));
    process.withThread(thread, (registers) => {
      if (process.cpu === 'x86-64') {
        const below = block.block - 8;
        registers.set(X86.rsp, below - (below % 16) + 8);
        registers.set(X86.rdi, block.block);
      } else {
        registers.set(X86.rsp, block.block);
        registers.set(X86.rbx, block.psStrings);
      }
      process.engine.readFloat();
      fxsaveView(process.engine).setUint16(Fxsave.control, layout.controlWord, true);
      process.engine.writeFloat();
      registers.set(process.abi.pc, program.base + present(program.image.entry, 'the entry point'));
      this.runInitialisers(thread, images, [block.argc, block.argv, block.envp]);
    });
  }

  memoryFault(thread: Thread, fault: MemoryFault): void {
    this.faults.memory(thread, fault);
  }

  override beforeRun(thread: Thread): void {
    this.calls.goOn(thread);
    if (thread.state === 'runnable') super.beforeRun(thread);
  }

  systemCall(thread: Thread): void {
    this.calls.dispatch(thread);
  }

  readonly gates = new Set([SYSTEM_CALL_GATE]);

  interrupt(thread: Thread, vector: number, detail: number): void {
    if (vector === SYSTEM_CALL_GATE) this.calls.dispatch(thread);
    else this.faults.interrupt(thread, vector, detail);
  }

  invalidInstruction(thread: Thread): void {
    this.faults.invalidInstruction(thread);
  }
}
