/**
 * System calls that guests make by instruction: the convention of each CPU (a 64-bit x86 program may also make IA-32's, by
 * int 80h), the table by number, waiting and being interrupted. What no kernel has answers ENOSYS; what a real one has
 * and this one has not ends the run with a line that names it.
 * Source: entry conventions of the three CPUs (syscall(2)); signal(7).
 */
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { syscallClobbers } from '../../emulator/cpu/system-call.js';
import { Vector } from '../../emulator/cpu/x86-exceptions.js';
import type { CpuName } from '../../emulator/engine.js';
import { GuestMemory } from '../../emulator/memory/guest-memory.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { FileSystem } from '../file-system.js';
import type { PosixThread } from '../posix/posix-thread.js';
import { systemCall, type PosixSystem } from '../posix/system.js';
import { argument } from '../posix/system-call-table.js';
import { RunningCalls, type CallReturn } from '../posix/kernel/running-calls.js';
import type { LinuxFaults } from './faults.js';
import type { AddressBook } from './address-limits.js';
import type { FilePages } from './file-pages.js';
import type { LinuxFrames } from './frame.js';
import { linuxCalls, sharedKernel, type SharedKernel } from './kernel/calls.js';
import type { LinuxCalls } from './kernel/kernel.js';
import { NEVER_IMPLEMENTED, systemCallNames, type SystemCallName } from './kernel/system-call-numbers.js';
import type { LinuxLayout } from './layout.js';

const ARGUMENTS = {
  ia32: [X86.rbx, X86.rcx, X86.rdx, X86.rsi, X86.rdi, X86.rbp],
  'x86-64': [X86.rdi, X86.rsi, X86.rdx, X86.r10, X86.r8, X86.r9],
  arm64: [A64.x0, A64.x1, A64.x2, A64.x3, A64.x4, A64.x5],
} as const;

/** Bytes of the instruction, to make the call anew. */
const INSTRUCTION = { ia32: 2, 'x86-64': 2, arm64: 4 } as const;

/** One convention: its numbers and what they do. */
interface Table {
  convention: CpuName;
  names: Map<number, SystemCallName>;
  calls: LinuxCalls;
}

/** What a kernel without a system call for it answers. */
const NO_SUCH_CALL = -38;

export class LinuxSystemCalls {
  readonly shared: SharedKernel;
  private readonly tables = new Map<CpuName, Table>();
  private readonly running: RunningCalls;

  constructor(
    private readonly os: PosixSystem,
    private readonly frames: LinuxFrames,
    private readonly faults: Pick<LinuxFaults, 'interrupt'>,
    private readonly layout: LinuxLayout,
    pages: FilePages,
    book: AddressBook,
    files: FileSystem | undefined,
    private readonly adopt: (thread: Thread) => PosixThread,
  ) {
    this.shared = sharedKernel(os, layout, pages, book, files);
    this.running = new RunningCalls(os);
  }

  private table(convention: CpuName): Table {
    const known = this.tables.get(convention);
    if (known) return known;
    const { process } = this.os;
    const foreign = convention !== process.cpu;
    const user = foreign ? new GuestMemory(process.engine, convention === 'ia32' ? 4 : 8, 'user') : process.user;
    const calls = linuxCalls({ ...this.shared, system: this.os, layout: this.layout, convention, user, adopt: this.adopt }, this.shared);
    const table = { convention, names: systemCallNames(convention), calls };
    this.tables.set(convention, table);
    return table;
  }

  /** The thread (loaded) has executed its system call instruction; PC is after it. */
  dispatch(thread: Thread, convention: CpuName = this.os.process.cpu): void {
    const { process } = this.os;
    const registers = process.registers(thread);
    const number = convention === 'arm64' ? registers.lo(A64.x8) : registers.lo(X86.rax);
    const { names, calls } = this.table(convention);
    const name = names.get(number);
    if (name === 'rt_sigreturn' || name === 'sigreturn') return this.sigreturn(thread, name === 'sigreturn');
    if (convention === 'x86-64') syscallClobbers(registers);
    const { cancellation } = this.os;
    if (cancellation.isPoint(thread) && cancellation.due(thread)) {
      cancellation.begin(thread);
      return;
    }
    const args = ARGUMENTS[convention].map((slot) => (convention === process.cpu ? argument(registers, slot) : registers.lo(slot)));
    const call = name && calls[name];
    if (name && !call && !NEVER_IMPLEMENTED.has(name))
      process.end({ kind: 'unsupported', text: `the system call ${name} (${number}) is not provided` });
    this.running.take(thread, this.back(thread, convention), call ? systemCall(this.os, () => call(thread, args)) : NO_SUCH_CALL);
  }

  /** The thread (loaded) is about to run: a call that it waited in goes on. */
  goOn(thread: Thread): void {
    this.running.goOn(thread);
  }

  private back(thread: Thread, convention: CpuName): CallReturn {
    return { setResult: (result) => this.setResult(thread, convention, result), again: () => this.again(thread, convention) };
  }

  /** Registers as before the instruction: arguments were kept, and the result's register held the number (ARM64: the first argument). */
  private again(thread: Thread, convention: CpuName): void {
    const { process } = this.os;
    const registers = process.registers(thread);
    const { pc } = process.abi;
    registers.set(pc, registers.get(pc) - INSTRUCTION[convention]);
  }

  private setResult(thread: Thread, convention: CpuName, result: number): void {
    const registers = this.os.process.registers(thread);
    const slot = convention === 'arm64' ? A64.x0 : X86.rax;
    registers.set(slot, this.os.process.cpu === 'ia32' ? result >>> 0 : result);
  }

  private sigreturn(thread: Thread, old: boolean): void {
    const { os } = this;
    const { mask, bad, refused } = this.frames.sigreturn(thread, old);
    if (mask) os.signals.setMask(thread, mask);
    if (refused !== undefined) return this.faults.interrupt(thread, Vector.protection, refused);
    if (bad) {
      const { SIGSEGV } = os.traits.signals.numbers;
      os.signals.force(thread, { signal: SIGSEGV, code: os.traits.signals.codes.KERNEL, about: 'sigreturn found a bad signal frame' });
      return;
    }
    if (os.process.events.on) os.process.events.emit('signal-return');
    if (os.signals.hasDeliverable(thread)) os.signals.deliver(thread);
  }
}
