/**
 * How threads begin and end. Conventions of starting as observed for the x86-64
 * thread start, and published for IA-32.
 */
import type { Word } from '../../emulator/abi/abi.js';
import { Fxsave, fxsaveView, MXCSR_INITIAL, X87Control } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Core } from './core.js';
import type { HandleTable } from './handles.js';
import type { Ntdll } from './ntdll.js';
import { ThreadObject } from './objects.js';
import { PROCESS_ID, type ProcessBlock } from './process-block.js';
import { createStack, freeStack, guardBytes } from './stacks.js';
import type { Tls } from './tls.js';
import type { Waiters } from './waiters.js';
import { WindowsThread, windowsThread } from './windows-thread.js';

const FIRST_THREAD_ID = PROCESS_ID + 4;

interface Needs extends Pick<Core, 'process' | 'memory' | 'layout' | 'vm' | 'heap'> {
  readonly blocks: ProcessBlock;
  readonly tls: Tls;
  readonly ntdll: Ntdll;
  readonly handles: HandleTable;
  readonly waiters: Waiters;
}

export class Threads {
  private nextId = FIRST_THREAD_ID;
  private live = 0;
  /** Those that run, and those that somebody still has a handle of. */
  private readonly known = new Map<number, ThreadObject>();

  constructor(private readonly os: Needs) {}

  /** A thread whose context is at RtlUserThreadStart(routine, parameter). Undefined: no memory. */
  create(name: string, routine: number, parameter: Word, size: { reserve: number; commit: number }): Thread | undefined {
    const { vm, layout, blocks, process, tls } = this.os;
    if (!process.threadTable.room) return undefined;
    const stack = createStack(vm, size.reserve, size.commit, guardBytes(layout.wordSize, 0));
    if (!stack) return undefined;
    const id = this.nextId;
    const teb = blocks.createTeb(stack, PROCESS_ID, id);
    if (teb === undefined) {
      freeStack(vm, stack.deallocation);
      return undefined;
    }
    const tlsBlocks = tls.prepareThread(teb);
    if (!tlsBlocks) {
      blocks.freeTeb(teb);
      freeStack(vm, stack.deallocation);
      return undefined;
    }
    this.nextId += 4;
    const thread = process.createThread(name);
    thread.stackBase = stack.deallocation;
    thread.stackLimit = stack.base;
    const object = new ThreadObject(thread);
    object.closed = () => this.forget(object, id);
    this.known.set(id, object);
    const own = new WindowsThread(thread, id, teb, stack, object);
    own.blocks.push(...tlsBlocks);
    this.setStartRegisters(thread, routine, parameter, own);
    this.live++;
    return thread;
  }

  withId(id: number): ThreadObject | undefined {
    return this.known.get(id);
  }

  private forget(object: ThreadObject, id: number): void {
    if (object.ended && object.handles === 0) this.known.delete(id);
  }

  private setStartRegisters(thread: Thread, routine: number, parameter: Word, own: WindowsThread): void {
    const { process, layout, ntdll } = this.os;
    const wide = layout.wordSize === 8;
    process.withThread(thread, (registers) => {
      registers.set(wide ? X86.rcx : X86.rax, routine);
      registers.setBig(wide ? X86.rdx : X86.rbx, parameter);
      registers.set(X86.rsp, own.stack.base - (wide ? 0x28 : 0x10));
      registers.set(X86.rip, ntdll.userThreadStart);
      registers.set(wide ? X86.gsBase : X86.fsBase, own.teb);
      process.engine.readFloat();
      // x87: 53 bits, all exceptions masked.
      const image = fxsaveView(process.engine);
      image.setUint16(Fxsave.control, X87Control.double, true);
      image.setUint32(Fxsave.mxcsr, MXCSR_INITIAL, true);
      process.engine.writeFloat();
    });
  }

  /** The end of a thread. The process ends with its last one. */
  end(thread: Thread, code: number): void {
    const { process, memory, layout, vm, heap, handles, blocks, waiters } = this.os;
    const own = windowsThread(thread);
    own.object.exitCode = code;
    for (const block of own.blocks) heap.release(block);
    if (own.errno) heap.release(own.errno);
    if (own.closeAtEnd) handles.close(own.closeAtEnd);
    process.endThread(thread, BigInt(code >>> 0));
    for (const mutex of own.object.owned) {
      mutex.abandon();
      waiters.signal(mutex);
    }
    waiters.signal(own.object);
    this.forget(own.object, own.id);
    if (--this.live === 0) process.end({ kind: 'exit', code });
    // Of the stack that it is on: a thread that ends in a fiber leaves its first one behind.
    freeStack(vm, memory.word(own.teb + layout.teb.deallocationStack));
    blocks.freeTeb(own.teb);
  }
}
