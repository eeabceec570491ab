/**
 * How libpthread gives a thread its memory: one mapping with the guard below, the
 * stack, and the pthread structure with the thread-specific data array above it; the
 * thread register points at that array. And how thread_start enters the routine.
 * Source: libpthread's pthread.c and internal.h; bsd/pthread/pthread_support.c.
 */
import type { Word } from '../../emulator/abi/abi.js';
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { Prot } from '../../emulator/engine.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { MemoryCalls } from '../posix/memory-calls.js';
import { posixThread, type PosixThread } from '../posix/posix-thread.js';
import type { ThreadAttributes } from '../posix/thread-attributes.js';
import type { ThreadPlatform } from '../posix/thread-library.js';
import type { MacLayout } from './layout.js';
import type { MachPorts } from './mach-ports.js';

/** Thread-specific data in struct pthread_s: reserved slots, then those of keys. */
export const TSD_OFFSET = 0xe0;
export const TSD_SLOTS = 768;
const PTHREAD_SIZE = TSD_OFFSET + 8 * TSD_SLOTS + 0x100;
const ERRNO = TSD_OFFSET + 8 * TSD_SLOTS;
const SIGNATURE = 0x54485244;
const Slot = { self: 0, errno: 1, migReply: 2, machThread: 3, munge: 7 } as const;

/** The token of setjmp, from the thread's own data: two halves. */
export function mungeToken(memory: MemoryView, thread: Thread): [number, number] {
  const slot = posixThread(thread).identity + TSD_OFFSET + 8 * Slot.munge;
  return [memory.u32(slot), memory.u32(slot + 4)];
}

export class MacThreads implements ThreadPlatform {
  constructor(
    private readonly process: Process,
    private readonly layout: MacLayout,
    private readonly memory: MemoryCalls,
    private readonly ports: MachPorts,
    /** The token that setjmp mangles with, as two halves. */
    private readonly munge: readonly [number, number],
    private readonly freeThreadLocals: (thread: PosixThread) => void,
  ) {}

  private round(bytes: number): number {
    return Math.ceil(bytes / this.layout.pageSize) * this.layout.pageSize;
  }

  get structureSize(): number {
    return this.round(PTHREAD_SIZE);
  }

  prepare(posix: PosixThread, attributes: ThreadAttributes): boolean {
    const given = attributes.stackAddress !== 0;
    const guard = given ? 0 : this.round(attributes.guardSize);
    const stack = given ? 0 : this.round(attributes.stackSize);
    const size = guard + stack + this.structureSize;
    const calls = this.memory;
    const { PRIVATE, ANON } = calls.traits.flags;
    const base = calls.mmap(0, size, Prot.RW, PRIVATE | ANON, -1, 0);
    if (base < 0) return false;
    if (guard > 0) calls.mprotect(base, guard, Prot.None);
    posix.stackMapping = { base, size };
    posix.thread.stackBase = given ? attributes.stackAddress : base + guard;
    posix.thread.stackLimit = given ? attributes.stackAddress + attributes.stackSize : base + guard + stack;
    this.placeStructure(posix, base + guard + stack);
    return true;
  }

  /** Fill in struct pthread_s at `address`, and point the thread register at its data. */
  placeStructure(posix: PosixThread, address: number): void {
    const memory = this.process.supervisor;
    const tsd = address + TSD_OFFSET;
    posix.identity = address;
    posix.errnoAddress = address + ERRNO;
    memory.setU32(address, (SIGNATURE ^ this.munge[0]) >>> 0);
    memory.setU32(address + 4, this.munge[1]);
    memory.setWord(tsd + 8 * Slot.self, address);
    memory.setWord(tsd + 8 * Slot.errno, posix.errnoAddress);
    memory.setWord(tsd + 8 * Slot.machThread, this.ports.ofThread(posix.thread));
    memory.setU32(tsd + 8 * Slot.munge, this.munge[0]);
    memory.setU32(tsd + 8 * Slot.munge + 4, this.munge[1]);
    this.process.withThread(posix.thread, (registers) => {
      registers.set(this.process.cpu === 'arm64' ? A64.tpidrro : X86.gsBase, tsd);
    });
  }

  /** thread_start clears the frame pointer and calls _pthread_start, which calls the routine. */
  begin(posix: PosixThread, start: number, argument: Word, returnAddress: number): void {
    const { process } = this;
    const registers = process.registers(posix.thread);
    const memory = process.supervisor;
    const top = posix.thread.stackLimit;
    // thread_start's frame: a null frame pointer and no caller; then _pthread_start's own.
    const frame = top - (top % 16) - 16;
    memory.setWord(frame, 0);
    memory.setWord(frame + 8, 0);
    let sp = frame - 0x50;
    if (process.cpu === 'arm64') {
      registers.setBig(A64.x0, argument);
      registers.set(A64.lr, returnAddress);
      registers.set(A64.fp, frame);
    } else {
      sp -= 8;
      memory.setWord(sp, returnAddress);
      registers.setBig(X86.rdi, argument);
      registers.set(X86.rbp, frame);
    }
    registers.set(process.abi.sp, sp);
    registers.set(process.abi.pc, start);
  }

  release(posix: PosixThread): void {
    this.freeThreadLocals(posix);
    const { base, size } = posix.stackMapping;
    posix.stackMapping = { base: 0, size: 0 };
    if (size > 0) this.memory.munmap(base, size);
  }
}
