/** pthread_attr_t. Its content is private to a C library; here five words in the object: detach state, stack address, stack size, guard size, and which were set. */
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import type { ObjectPlaces } from './objects.js';
import type { PosixThread } from './posix-thread.js';
import type { PosixSystem } from './system.js';

const Field = { detach: 0, stackAddress: 1, stackSize: 2, guard: 3, guardGiven: 4 } as const;

export interface ThreadAttributes {
  detached: boolean;
  /** Lowest address of a stack that the program provides; 0: none. */
  stackAddress: number;
  stackSize: number;
  guardSize: number;
}

export class AttributeObjects {
  constructor(
    private readonly system: PosixSystem,
    private readonly places: ObjectPlaces,
    private readonly memory: MemoryView,
  ) {}

  private field(address: number, index: number): number {
    const { attr } = this.system.traits.pthread;
    return this.places.state(attr, address) + this.memory.wordSize * index;
  }

  get(address: number, index: number): number {
    return this.memory.word(this.field(address, index));
  }

  private set(address: number, index: number, value: number): void {
    this.memory.setWord(this.field(address, index), value);
  }

  read(address: number): ThreadAttributes {
    const { pthread } = this.system.traits;
    if (address === 0) return { detached: false, stackAddress: 0, stackSize: pthread.defaultStack, guardSize: pthread.defaultGuard };
    return {
      detached: this.get(address, Field.detach) === pthread.detached,
      stackAddress: this.get(address, Field.stackAddress),
      stackSize: this.get(address, Field.stackSize) || pthread.defaultStack,
      guardSize: this.get(address, Field.guardGiven) !== 0 ? this.get(address, Field.guard) : pthread.defaultGuard,
    };
  }

  /** Describe a running thread (pthread_getattr_np, pthread_attr_get_np). */
  describe(address: number, thread: PosixThread): number {
    const { pthread, errno } = this.system.traits;
    if (this.places.fresh(pthread.attr, address) === 0) return errno.ENOMEM;
    const { stackBase, stackLimit } = thread.thread;
    const { base, size, guard } = thread.described ?? { base: stackBase, size: stackLimit - stackBase, guard: pthread.defaultGuard };
    this.set(address, Field.detach, thread.detached ? pthread.detached : pthread.joinable);
    this.set(address, Field.stackAddress, base);
    this.set(address, Field.stackSize, size);
    this.set(address, Field.guard, guard);
    this.set(address, Field.guardGiven, 1);
    return 0;
  }

  list(): HostFunction[] {
    const { places, memory } = this;
    const { pthread, errno } = this.system.traits;
    const store = (result: number, value: number, word: boolean): number => {
      if (word) memory.setWord(result, value);
      else memory.setU32(result, value);
      return 0;
    };
    return [
      hostFunction('pthread_attr_init', 'i(p)', (_call, address) => {
        if (places.fresh(pthread.attr, address) === 0) return errno.ENOMEM;
        this.set(address, Field.detach, pthread.joinable);
        return 0;
      }),
      hostFunction('pthread_attr_destroy', 'i(p)', (_call, address) => (places.destroy(pthread.attr, address), 0)),
      hostFunction('pthread_attr_setdetachstate', 'i(pi)', (_call, address, state) => {
        if (state !== pthread.detached && state !== pthread.joinable) return errno.EINVAL;
        this.set(address, Field.detach, state);
        return 0;
      }),
      hostFunction('pthread_attr_getdetachstate', 'i(pp)', (_call, address, result) =>
        store(result, this.get(address, Field.detach), false),
      ),
      hostFunction('pthread_attr_setstacksize', 'i(pz)', (_call, address, size) => {
        if (size < pthread.stackMinimum) return errno.EINVAL;
        this.set(address, Field.stackSize, size);
        return 0;
      }),
      hostFunction('pthread_attr_getstacksize', 'i(pp)', (_call, address, result) => store(result, this.read(address).stackSize, true)),
      hostFunction('pthread_attr_setguardsize', 'i(pz)', (_call, address, size) => {
        this.set(address, Field.guard, size);
        this.set(address, Field.guardGiven, 1);
        return 0;
      }),
      hostFunction('pthread_attr_getguardsize', 'i(pp)', (_call, address, result) => store(result, this.read(address).guardSize, true)),
      hostFunction('pthread_attr_setstack', 'i(ppz)', (_call, address, base, size) => {
        if (size < pthread.stackMinimum) return errno.EINVAL;
        this.set(address, Field.stackAddress, base);
        this.set(address, Field.stackSize, size);
        return 0;
      }),
      hostFunction('pthread_attr_getstack', 'i(ppp)', (_call, address, base, size) => {
        store(base, this.get(address, Field.stackAddress), true);
        return store(size, this.read(address).stackSize, true);
      }),
    ];
  }
}
