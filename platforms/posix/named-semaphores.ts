/**
 * sem_open, sem_close, sem_unlink: semaphores by name. They outlive the process on a real system; here there is one
 * process, so that they live as long as it does. Each lies in a page of its own, at one address for all who open it.
 * Source: POSIX.1-2017; glibc 2.36, FreeBSD's libc, and XNU's posix_sem.c for what names may be.
 */
import { hostFunction, type HostFunction, type VariadicCall } from '../../emulator/process/host-call.js';
import { fail, type PosixSystem } from './system.js';
import type { ErrnoName } from './traits.js';

interface Named {
  name: string;
  /** 0: nobody has it open. */
  address: number;
  users: number;
  /** Count while nobody has it open. */
  count: number;
}

/** NAME_MAX without what glibc puts before the name; PSEMNAMLEN. */
const LONGEST = { linux: 251, freebsd: 255, macos: 31 } as const;
const CREATE = { linux: 0x40, freebsd: 0x200, macos: 0x200 } as const;
const EXCLUSIVE = { linux: 0x80, freebsd: 0x800, macos: 0x800 } as const;

export function namedSemaphoreFunctions(system: PosixSystem): HostFunction[] {
  const { traits, process, memory: calls } = system;
  const { os, pthread } = traits;
  const layout = pthread.semaphore;
  const failed = (name: ErrnoName): number => {
    fail(system, name);
    return os === 'macos' ? -1 : 0;
  };
  const byName = new Map<string, Named>();
  const byAddress = new Map<number, Named>();

  /** The name as it is kept, or what is wrong with it. */
  const kept = (given: string): string | { wrong: ErrnoName } => {
    if (os === 'linux') {
      const name = given.replace(/^\/+/, '');
      if (name === '' || name.includes('/')) return { wrong: 'EINVAL' };
      return name.length > LONGEST.linux ? { wrong: 'EINVAL' } : name;
    }
    if (os === 'freebsd' && (!given.startsWith('/') || given.indexOf('/', 1) >= 0)) return { wrong: 'EINVAL' };
    if (given === '') return { wrong: 'EINVAL' };
    return given.length > LONGEST[os] ? { wrong: 'ENAMETOOLONG' } : given;
  };

  const place = (named: Named): boolean => {
    const address = calls.anonymous(traits.memory.pageSize);
    if (address === undefined) return false;
    named.address = address;
    byAddress.set(address, named);
    if (layout.magic) process.supervisor.setU32(address + layout.magic.offset, layout.magic.value);
    process.supervisor.setU32(address + layout.count, named.count);
    return true;
  };

  const open = (call: VariadicCall, nameAt: number, flags: number): number => {
    const name = kept(call.memory.cString(nameAt));
    if (typeof name !== 'string') return failed(name.wrong);
    let named = byName.get(name);
    if (named && flags & CREATE[os] && flags & EXCLUSIVE[os]) return failed('EEXIST');
    if (!named) {
      if (!(flags & CREATE[os])) return failed('ENOENT');
      const args = call.varargs();
      args.unsigned();
      const count = args.unsigned();
      if (count > layout.maximum) return failed('EINVAL');
      named = { name, address: 0, users: 0, count };
    }
    if (named.address === 0 && !place(named)) return failed('ENOMEM');
    byName.set(name, named);
    named.users++;
    return named.address;
  };

  const close = (address: number): number => {
    const named = byAddress.get(address);
    if (!named) return fail(system, 'EINVAL');
    if (--named.users > 0) return 0;
    named.count = process.supervisor.u32(address + layout.count);
    byAddress.delete(address);
    named.address = 0;
    calls.munmap(address, traits.memory.pageSize);
    return 0;
  };

  return [
    hostFunction('sem_open', 'p(pi.)', open),
    hostFunction('sem_close', 'i(p)', (_call, address) => close(address)),
    hostFunction('sem_unlink', 'i(p)', (call, nameAt) => {
      const name = kept(call.memory.cString(nameAt));
      if (typeof name !== 'string') return fail(system, os === 'linux' ? 'ENOENT' : name.wrong);
      return byName.delete(name) ? 0 : fail(system, 'ENOENT');
    }),
  ];
}
