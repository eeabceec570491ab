/**
 * The heaps of the process, and what follows when one is found damaged. Termination on corruption is on in all 64-bit programs
 * and in 32-bit ones whose subsystem version is 6 or more, or once it was asked for (HeapSetInformation); without it the
 * call fails. STATUS_HEAP_CORRUPTION is shown to vectored handlers alone, and the process ends whatever they say.
 */
import { LoadError, type Image } from '../../emulator/loader/image.js';
import { RegistersReplaced } from '../../emulator/process/host-call.js';
import type { Process } from '../../emulator/process/process.js';
import { Heap } from './heap.js';
import type { HeapNeeds, HeapSizes } from './heap-parts.js';
import { GRANULARITY, Page, PAGE_SIZE } from './memory-constants.js';
import { Status } from './status.js';

const PROCESS_HEAP: HeapSizes = { reserve: 0x100000, commit: 0x10000, fixed: false, protect: Page.READWRITE };
const GENERATE_EXCEPTIONS = 4;
const CREATE_ENABLE_EXECUTE = 0x40000;

interface Needs extends Omit<HeapNeeds, 'corrupted' | 'take' | 'give'> {
  readonly process: Process;
  /** RtlReportCriticalFailure, once the libraries are loaded. */
  reporter(): number | undefined;
}

export class Heaps {
  /** The process's own first, then in the order in which they were made. */
  readonly list: Heap[] = [];
  terminates: boolean;
  private readonly needs: HeapNeeds;

  constructor(private readonly os: Needs) {
    this.terminates = os.wordSize === 8;
    const { memoryLimit } = os.process;
    this.needs = {
      ...{ vm: os.vm, memory: os.memory, wordSize: os.wordSize },
      take: (bytes) => memoryLimit.take(bytes),
      give: (bytes) => memoryLimit.give(bytes),
      corrupted: (block) => this.corrupted(block),
    };
    const heap = new Heap(this.needs, PROCESS_HEAP);
    if (heap.base === 0) throw new LoadError('no memory for the process heap');
    this.list.push(heap);
  }

  /** The program is known. */
  adopt({ subsystemVersion }: Image): void {
    if ((subsystemVersion ?? 0) >= 6) this.terminates = true;
  }

  get process(): Heap {
    return this.list[0];
  }

  at(handle: number): Heap | undefined {
    return this.list.find(({ base }) => base === handle);
  }

  /** HeapCreate; undefined: there is no memory. `maximum` 0: it grows. */
  create(flags: number, initial: number, maximum: number): Heap | undefined {
    const pages = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;
    const commit = Math.max(pages(initial), 0x400 * this.os.wordSize);
    const reserve = Math.max(maximum > 0 ? pages(maximum) : GRANULARITY * Math.ceil((commit + PAGE_SIZE) / GRANULARITY), commit);
    const protect = flags & CREATE_ENABLE_EXECUTE ? Page.EXECUTE_READWRITE : Page.READWRITE;
    const heap = new Heap(this.needs, { reserve, commit, fixed: maximum > 0, protect }, flags);
    if (heap.base === 0) return undefined;
    this.list.push(heap);
    return heap;
  }

  /** Do its allocations raise exceptions when they fail? */
  raises(heap: Heap, flags: number): boolean {
    return ((heap.flags | flags) & GENERATE_EXCEPTIONS) !== 0;
  }

  destroy(heap: Heap): void {
    this.list.splice(this.list.indexOf(heap), 1);
    heap.destroy();
  }

  /** A heap's structure or a block is not what it should be. Returns where that is no more than a failure. */
  corrupted(block: number): void {
    if (!this.terminates) return;
    const { process } = this.os;
    const call = process.hostCalls.running.at(-1);
    const reporter = this.os.reporter();
    if (!call || reporter === undefined) return;
    process.guestCalls.enter(call.thread, reporter, 'v(up)', [Status.HEAP_CORRUPTION, block], call.returnAddress, 'stdcall');
    throw new RegistersReplaced();
  }
}
