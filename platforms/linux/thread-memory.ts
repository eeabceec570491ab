/**
 * How glibc gives a thread its memory: one mapping with the guard below, the stack,
 * static TLS and struct pthread at its top; the thread pointer where each CPU wants
 * it; ended threads' stacks kept for the next. And how clone's child enters the start routine.
 * Source: glibc 2.36, nptl/allocatestack.c, sysdeps/{x86_64,i386,aarch64}/nptl/tls.h.
 */
import type { Word } from '../../emulator/abi/abi.js';
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { Prot } from '../../emulator/engine.js';
import type { TlsLayout } from '../../emulator/loader/tls-layout.js';
import type { Process } from '../../emulator/process/process.js';
import type { MemoryCalls } from '../posix/memory-calls.js';
import type { PosixThread } from '../posix/posix-thread.js';
import type { ThreadAttributes } from '../posix/thread-attributes.js';
import type { ThreadPlatform } from '../posix/thread-library.js';

/** sizeof(struct pthread): above the thread pointer on x86, below it on ARM64. */
const PTHREAD_SIZE = { ia32: 1216, 'x86-64': 2304, arm64: 1856 } as const;
/** errno is a thread-local of libc; here it lies in an unused part of struct pthread. */
const ERRNO = 0x280;
const CACHE_LIMIT = 40 << 20;

/** Secrets that the C library takes from AT_RANDOM. */
export interface ThreadSecrets {
  canary: [number, number];
  pointerGuard: [number, number];
}

export class LinuxThreads implements ThreadPlatform {
  private readonly cache: { base: number; size: number }[] = [];

  constructor(
    private readonly process: Process,
    private readonly memory: MemoryCalls,
    private readonly tls: () => TlsLayout,
    readonly secrets: ThreadSecrets,
    /** gs:10h on IA-32. */
    private readonly systemCall: number,
    private readonly minimumGuard: number,
  ) {}

  prepare(posix: PosixThread, attributes: ThreadAttributes): boolean {
    const given = attributes.stackAddress !== 0;
    const page = 4096;
    const reported = given ? 0 : Math.ceil(attributes.guardSize / page) * page;
    const guard = reported > 0 ? Math.max(reported, this.minimumGuard) : 0;
    const align = Math.max(64, this.tls().align);
    const size = given ? attributes.stackSize : attributes.stackSize - (attributes.stackSize % align) + guard;
    const base = given ? attributes.stackAddress : this.allocate(size, guard);
    if (base === undefined) return false;
    if (!given) posix.stackMapping = { base, size };
    posix.thread.stackBase = base + guard;
    // Static TLS and struct pthread at its top are part of it.
    posix.described = { base: base + guard, size: size - guard, guard: reported };
    this.placeControlBlock(posix, base + size);
    return true;
  }

  private allocate(size: number, guard: number): number | undefined {
    const found = this.cache.findIndex((c) => c.size === size);
    const calls = this.memory;
    if (found >= 0) return this.cache.splice(found, 1)[0].base;
    const { PRIVATE, ANON } = calls.traits.flags;
    const MAP_STACK = 0x20000;
    const base = calls.mmap(0, size, guard > 0 ? Prot.None : Prot.RW, PRIVATE | ANON | MAP_STACK, -1, 0);
    if (base < 0) return undefined;
    if (guard > 0 && calls.mprotect(base + guard, size - guard, Prot.RW) !== 0) return undefined;
    return base;
  }

  release(posix: PosixThread): void {
    const { base, size } = posix.stackMapping;
    if (size === 0) return;
    posix.stackMapping = { base: 0, size: 0 };
    const cached = this.cache.reduce((sum, c) => sum + c.size, 0);
    if (cached + size <= CACHE_LIMIT) this.cache.push({ base, size });
    else this.memory.munmap(base, size);
  }

  /** Thread control block and TLS below `top`; sets identity, errno's place and where the stack ends. */
  placeControlBlock(posix: PosixThread, top: number): number {
    const { process } = this;
    const memory = process.supervisor;
    const tls = this.tls();
    const align = Math.max(64, tls.align);
    const down = (address: number): number => address - (address % align);
    const size = PTHREAD_SIZE[process.cpu];
    let tp: number;
    let low: number;
    if (process.cpu === 'arm64') {
      tp = down(top - tls.size);
      low = tp - size;
      posix.identity = low;
      memory.fill(low, top - low, 0);
      posix.errnoAddress = low + ERRNO;
    } else {
      tp = down(top - size);
      low = down(tp - tls.size);
      posix.identity = tp;
      memory.fill(low, top - low, 0);
      posix.errnoAddress = tp + ERRNO;
      this.fillHeader(tp);
    }
    tls.initialise(memory, tp);
    posix.thread.stackLimit = low;
    process.withThread(posix.thread, (registers) => {
      registers.set(process.cpu === 'arm64' ? A64.tpidr : process.cpu === 'ia32' ? X86.gsBase : X86.fsBase, tp);
    });
    return tp;
  }

  /** tcbhead_t. */
  private fillHeader(tp: number): void {
    const memory = this.process.supervisor;
    const { canary, pointerGuard } = this.secrets;
    memory.setWord(tp, tp);
    if (this.process.cpu === 'ia32') {
      memory.setU32(tp + 8, tp);
      memory.setU32(tp + 0x10, this.systemCall);
      memory.setU32(tp + 0x14, canary[0]);
      memory.setU32(tp + 0x18, pointerGuard[0]);
      return;
    }
    memory.setWord(tp + 0x10, tp);
    memory.setU32(tp + 0x28, canary[0]);
    memory.setU32(tp + 0x2c, canary[1]);
    memory.setU32(tp + 0x30, pointerGuard[0]);
    memory.setU32(tp + 0x34, pointerGuard[1]);
  }

  /** start_thread has made its frame and calls the routine. */
  begin(posix: PosixThread, start: number, argument: Word, returnAddress: number): void {
    const { process } = this;
    const registers = process.registers(posix.thread);
    const memory = process.supervisor;
    const frame = posix.thread.stackLimit - 0x100;
    let sp = frame - (frame % 16);
    if (process.cpu === 'arm64') {
      registers.setBig(A64.x0, argument);
      registers.set(A64.lr, returnAddress);
    } else if (process.cpu === 'x86-64') {
      sp -= 8;
      memory.setWord(sp, returnAddress);
      registers.setBig(X86.rdi, argument);
    } else {
      sp -= 16;
      memory.setBits(sp, argument);
      sp -= 4;
      memory.setU32(sp, returnAddress);
    }
    registers.set(process.abi.sp, sp);
    registers.set(process.abi.pc, start);
  }
}
