/**
 * The guest half of ntdll.dll as the model uses it: its entry points, its lists
 * of vectored handlers, and the calls to make when threads start and end.
 */
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import type { Core } from './core.js';
import type { Modules } from './modules.js';

interface Needs extends Pick<Core, 'memory' | 'layout' | 'heap'> {
  readonly modules: Modules;
}

export class Ntdll {
  private readonly addresses = new Map<string, number>();
  /** Removed entries whose memory may still be walked. */
  private readonly removed: number[] = [];

  constructor(private readonly os: Needs) {}

  get userExceptionDispatcher(): number {
    return this.address('KiUserExceptionDispatcher');
  }
  get userApcDispatcher(): number {
    return this.address('KiUserApcDispatcher');
  }
  /** The routine that calls the program's with its argument. */
  get apcDispatch(): number {
    return this.address('LdrpDispatchApc');
  }
  get userThreadStart(): number {
    return this.address('RtlUserThreadStart');
  }

  /** Are its functions there yet? */
  get isLoaded(): boolean {
    return this.os.modules.named('ntdll.dll') !== undefined;
  }

  private address(name: string): number {
    let address = this.addresses.get(name);
    if (address === undefined) {
      const module = this.os.modules.named('ntdll.dll');
      const symbol = module?.image.exports.get(name);
      if (!module || !symbol) throw new Error(`ntdll.dll with ${name} is not loaded`);
      this.addresses.set(name, (address = module.base + symbol.offset));
    }
    return address;
  }

  /** TLS callbacks and entry points of the DLLs, in load order reversed (dependencies first), the program's own callbacks last. */
  setStartCalls(images: LoadedImages, program: LoadedImage, initialThreadId: number): void {
    const { memory, heap, layout } = this.os;
    const calls: { address: number; module: LoadedImage }[] = [];
    const order = [...images.list.filter((module) => module !== program).reverse(), program];
    for (const module of order) {
      for (const offset of module.image.tls?.callbacks ?? []) calls.push({ address: module.base + offset, module });
      if (module !== program && module.image.entry !== undefined) calls.push({ address: module.base + module.image.entry, module });
    }
    memory.setU32(this.address('LdrpInitialThreadId'), initialThreadId);
    if (calls.length === 0) return;
    const table = heap.allocate(calls.length * 2 * layout.wordSize);
    calls.forEach((call, i) => {
      memory.setWord(table + 2 * i * layout.wordSize, call.address);
      memory.setWord(table + (2 * i + 1) * layout.wordSize, call.module.base);
    });
    memory.setWord(this.address('LdrpStartCalls'), table);
    memory.setU32(this.address('LdrpStartCallCount'), calls.length);
  }

  /** Link a handler into one of the vectored lists; its entry's address is the handle. 0: no memory. */
  addVectored(list: 'Exception' | 'Continue', first: boolean, handler: number): number {
    const { memory, heap, layout } = this.os;
    this.freeRemoved();
    const entry = heap.allocate(3 * layout.wordSize);
    if (!entry) return 0;
    const head = this.address(`LdrpVectored${list}List`);
    const before = first ? head : memory.word(head + layout.wordSize);
    const after = first ? memory.word(head) : head;
    memory.setWord(entry, after);
    memory.setWord(entry + layout.wordSize, before);
    memory.setWord(entry + 2 * layout.wordSize, handler);
    memory.setWord(before, entry);
    memory.setWord(after + layout.wordSize, entry);
    return entry;
  }

  removeVectored(list: 'Exception' | 'Continue', wanted: number): boolean {
    const { memory, layout } = this.os;
    const head = this.address(`LdrpVectored${list}List`);
    for (let entry = memory.word(head); entry !== head; entry = memory.word(entry)) {
      if (entry !== wanted) continue;
      const after = memory.word(entry);
      const before = memory.word(entry + layout.wordSize);
      memory.setWord(before, after);
      memory.setWord(after + layout.wordSize, before);
      this.removed.push(entry);
      this.freeRemoved();
      return true;
    }
    return false;
  }

  /** A walk that stands on a removed entry still reads its link: give the memory back only when no walk is under way. */
  private freeRemoved(): void {
    if (this.os.memory.u32(this.address('LdrpVectoredWalks')) !== 0) return;
    for (const entry of this.removed.splice(0)) this.os.heap.release(entry);
  }

  get unhandledFilter(): number {
    return this.os.memory.word(this.address('LdrpUnhandledFilter'));
  }

  set unhandledFilter(filter: number) {
    this.os.memory.setWord(this.address('LdrpUnhandledFilter'), filter);
  }
}
