/** Thread-specific data: keys with destructors. Values are kept per thread by the library, out of the guest's reach as in its own tables. */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import { guestStep, type Step } from '../../emulator/process/sequence.js';
import { posixThread, type PosixThread } from './posix-thread.js';
import type { PosixSystem } from './system.js';

interface Key {
  destructor: number;
}

export class ThreadKeys {
  private readonly keys: (Key | undefined)[] = [];

  constructor(private readonly system: PosixSystem) {}

  /** What a thread that ends calls, round by round. */
  *destructors(posix: PosixThread): Generator<Step> {
    for (let round = 0; round < this.system.traits.pthread.destructorIterations; round++) {
      let any = false;
      for (let key = 0; key < this.keys.length; key++) {
        const value = posix.keys.get(key);
        const destructor = this.keys[key]?.destructor ?? 0;
        if (value === undefined || value === 0n || destructor === 0) continue;
        posix.keys.delete(key);
        any = true;
        yield guestStep(destructor, 'v(w)', [value]);
      }
      if (!any) return;
    }
  }

  list(): HostFunction[] {
    const { errno, pthread } = this.system.traits;
    const bits = pthread.keyBytes === 8 ? 'L' : 'u';
    return [
      hostFunction('pthread_key_create', 'i(pp)', (call, result, destructor) => {
        let key = 0;
        while (this.keys[key]) key++;
        if (key >= pthread.keysMax) return errno.EAGAIN;
        const number = key + pthread.firstKey;
        if (pthread.keyBytes === 8) call.memory.setWord(result, number);
        else call.memory.setU32(result, number);
        this.keys[key] = { destructor };
        return 0;
      }),
      hostFunction('pthread_key_delete', `i(${bits})`, (_call, number) => {
        const key = number - pthread.firstKey;
        if (!this.keys[key]) return errno.EINVAL;
        this.keys[key] = undefined;
        for (const thread of this.system.process.threads) posixThread(thread).keys.delete(key);
        return 0;
      }),
      hostFunction('pthread_setspecific', `i(${bits}w)`, (call, number, value) => {
        const key = number - pthread.firstKey;
        if (!this.keys[key]) return errno.EINVAL;
        posixThread(call.thread).keys.set(key, value);
        return 0;
      }),
      hostFunction(
        'pthread_getspecific',
        `w(${bits})`,
        (call, number) => posixThread(call.thread).keys.get(number - pthread.firstKey) ?? 0n,
      ),
    ];
  }
}
