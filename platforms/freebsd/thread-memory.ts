/**
 * How libthr gives a thread its memory: stacks side by side below the main thread's,
 * each with a guard page below it, kept for the next thread when one ends; the control
 * block {self, dtv, thread} and TLS from the heap; thr_new's registers.
 * Source: lib/libthr/thread/thr_stack.c, thr_create.c; libexec/rtld-elf; sys/{amd64,i386} cpu_set_upcall.
 */
import type { Word } from '../../emulator/abi/abi.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { Prot } from '../../emulator/engine.js';
import type { TlsLayout } from '../../emulator/loader/tls-layout.js';
import type { Process } from '../../emulator/process/process.js';
import type { MemoryCalls } from '../posix/memory-calls.js';
import type { PosixThread } from '../posix/posix-thread.js';
import type { ThreadAttributes } from '../posix/thread-attributes.js';
import type { ThreadPlatform } from '../posix/thread-library.js';
import type { FreeBsdLayout } from './layout.js';

const PAGE = 4096;
const MAP_STACK = 0x400;
/** struct pthread follows the control block; errno lies in it. */
const PTHREAD = 0x40;
const ERRNO = 0x80;
const AREA = 0x800;

export class FreeBsdThreads implements ThreadPlatform {
  private readonly cache: { base: number; size: number }[] = [];
  /** Control blocks, by thread. */
  private readonly areas = new Map<PosixThread, { base: number; size: number }>();
  private nextTop: number;

  constructor(
    private readonly process: Process,
    private readonly memory: MemoryCalls,
    private readonly tls: () => TlsLayout,
    layout: FreeBsdLayout,
  ) {
    this.nextTop = layout.stackTop - layout.stackSize - PAGE;
  }

  prepare(posix: PosixThread, attributes: ThreadAttributes): boolean {
    const up = (size: number): number => Math.ceil(size / PAGE) * PAGE;
    if (attributes.stackAddress !== 0) {
      posix.thread.stackBase = attributes.stackAddress;
      posix.thread.stackLimit = attributes.stackAddress + attributes.stackSize;
      return this.placeControlBlock(posix);
    }
    const guard = up(attributes.guardSize);
    const size = up(attributes.stackSize) + guard;
    const base = this.allocate(size, guard);
    if (base === undefined) return false;
    posix.stackMapping = { base, size };
    posix.thread.stackBase = base + guard;
    posix.thread.stackLimit = base + size;
    return this.placeControlBlock(posix);
  }

  private allocate(size: number, guard: number): number | undefined {
    const found = this.cache.findIndex((c) => c.size === size);
    if (found >= 0) return this.cache.splice(found, 1)[0].base;
    const calls = this.memory;
    const { PRIVATE, ANON } = calls.traits.flags;
    const base = calls.mmap(this.nextTop - size, size, Prot.RW, PRIVATE | ANON | MAP_STACK, -1, 0);
    if (base < 0) return undefined;
    if (base === this.nextTop - size) this.nextTop = base;
    if (guard > 0) calls.mprotect(base, guard, Prot.None);
    return base;
  }

  release(posix: PosixThread): void {
    const { size } = posix.stackMapping;
    if (size > 0) this.cache.push(posix.stackMapping);
    posix.stackMapping = { base: 0, size: 0 };
    const area = this.areas.get(posix);
    if (area) this.memory.munmap(area.base, area.size);
    this.areas.delete(posix);
  }

  /** TLS, control block and struct pthread in memory of their own. */
  placeControlBlock(posix: PosixThread): boolean {
    const { process } = this;
    const memory = process.supervisor;
    const tls = this.tls();
    const align = Math.max(64, tls.align);
    const size = Math.ceil((tls.size + 2 * align + AREA) / PAGE) * PAGE;
    const calls = this.memory;
    const { PRIVATE, ANON } = calls.traits.flags;
    const base = calls.mmap(0, size, Prot.RW, PRIVATE | ANON, -1, 0);
    if (base < 0) return false;
    this.areas.set(posix, { base, size });
    const tp = Math.ceil((base + tls.size) / align) * align;
    memory.setWord(tp, tp);
    memory.setWord(tp + 2 * memory.wordSize, tp + PTHREAD);
    posix.identity = tp + PTHREAD;
    posix.errnoAddress = tp + PTHREAD + ERRNO;
    tls.initialise(memory, tp);
    process.withThread(posix.thread, (registers) => registers.set(process.cpu === 'ia32' ? X86.gsBase : X86.fsBase, tp));
    return true;
  }

  /** thread_start, entered by thr_new, has called the routine. */
  begin(posix: PosixThread, start: number, argument: Word, returnAddress: number): void {
    const { process } = this;
    const registers = process.registers(posix.thread);
    const memory = process.supervisor;
    const top = posix.thread.stackLimit;
    if (process.cpu === 'x86-64') {
      // thr_new: rsp = (top & -16) - 8; thread_start's own frame, then the call.
      const sp = top - (top % 16) - 8 - 0x40 - 8 - 8;
      memory.setWord(sp - (sp % 16) - 8, returnAddress);
      registers.set(X86.rsp, sp - (sp % 16) - 8);
      registers.setBig(X86.rdi, argument);
    } else {
      const entry = top - 4 - ((top - 4) % 16) - 4;
      const frame = entry - 0x40;
      const sp = frame - (frame % 16) - 16;
      memory.setBits(sp, argument);
      memory.setU32(sp - 4, returnAddress);
      registers.set(X86.rsp, sp - 4);
    }
    registers.set(process.abi.pc, start);
  }
}
