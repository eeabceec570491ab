/**
 * pthread_mutexattr_t: type, robustness, protocol, ceiling and sharing in one word of the object, where glibc keeps them.
 * Source: POSIX.1-2017; glibc 2.36's behaviour; pthread_mutexattr(3) of FreeBSD; macOS's <pthread.h>.
 */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { Flag } from './mutex-kinds.js';
import type { ObjectPlaces } from './objects.js';
import type { PosixSystem } from './system.js';

interface Field {
  shift: number;
  bits: number;
}
const Field = {
  type: { shift: 0, bits: 12 },
  ceiling: { shift: 12, bits: 12 },
  protocol: { shift: 28, bits: 2 },
  robust: { shift: 30, bits: 1 },
  shared: { shift: 31, bits: 1 },
} as const satisfies Record<string, Field>;

const Protocol = { none: 0, inherit: 1, protect: 2 } as const;
/** SCHED_FIFO's, which ceilings are. */
const PRIORITIES = { lowest: 1, highest: 99 } as const;

const maskOf = ({ bits }: Field): number => 2 ** bits - 1;
const get = (word: number, field: Field): number => (word >>> field.shift) & maskOf(field);
const put = (word: number, field: Field, value: number): number =>
  ((word & ~(maskOf(field) << field.shift)) | (value << field.shift)) >>> 0;

/** The kind word of a mutex with these attributes, or an error number negated. */
export function kindWord({ process, traits }: PosixSystem, attributes: number): number {
  const protocol = get(attributes, Field.protocol);
  const robust = get(attributes, Field.robust) !== 0;
  if (protocol === Protocol.protect) {
    if (robust && traits.os === 'linux') return -traits.errno.ENOTSUP;
    process.end({ kind: 'unsupported', text: 'mutexes with PTHREAD_PRIO_PROTECT are not provided: threads have no priorities here' });
  }
  return (
    get(attributes, Field.type) |
    (robust ? Flag.robust : 0) |
    (protocol === Protocol.inherit ? Flag.inherit : 0) |
    (get(attributes, Field.shared) ? Flag.shared : 0)
  );
}

export function mutexAttributeFunctions(system: PosixSystem, places: ObjectPlaces): HostFunction[] {
  const { os, errno, pthread } = system.traits;
  const { mutex, mutexAttr } = pthread;
  const types = [
    mutex.normal,
    mutex.recursive,
    mutex.errorCheck,
    mutex.defaultKind,
    ...(mutex.adaptive === undefined ? [] : [mutex.adaptive]),
  ];

  const word = (call: HostCall, address: number): number => call.memory.u32(places.state(mutexAttr, address));
  /** What programs say for a field's value; undefined: nothing that it may be. */
  type Meaning = (value: number) => number | undefined;
  const plain =
    (allowed: readonly number[]): Meaning =>
    (value) =>
      allowed.includes(value) ? value : undefined;
  const set = (name: string, field: Field, meaning: Meaning): HostFunction =>
    hostFunction(name, 'i(pi)', (call, address, value) => {
      const meant = meaning(value);
      if (meant === undefined) return errno.EINVAL;
      const before = word(call, address);
      call.memory.setU32(places.state(mutexAttr, address), put(before, field, meant));
      return 0;
    });
  const tell = (name: string, field: Field, said: (value: number) => number = (value) => value): HostFunction =>
    hostFunction(name, 'i(pp)', (call, address, result) => {
      call.memory.setU32(result, said(get(word(call, address), field)));
      return 0;
    });
  const { shared, private: own } = pthread.sharing;
  const ceilings = Array.from({ length: PRIORITIES.highest }, (_, i) => i + PRIORITIES.lowest);
  return [
    hostFunction('pthread_mutexattr_init', 'i(p)', (call, address) => {
      const state = places.fresh(mutexAttr, address);
      if (state === 0) return errno.ENOMEM;
      call.memory.setU32(state, mutex.defaultKind);
      return 0;
    }),
    hostFunction('pthread_mutexattr_destroy', 'i(p)', (_call, address) => (places.destroy(mutexAttr, address), 0)),
    set('pthread_mutexattr_settype', Field.type, plain(types)),
    tell('pthread_mutexattr_gettype', Field.type),
    set('pthread_mutexattr_setprotocol', Field.protocol, plain([Protocol.none, Protocol.inherit, Protocol.protect])),
    tell('pthread_mutexattr_getprotocol', Field.protocol),
    set('pthread_mutexattr_setpshared', Field.shared, (value) => (value === shared ? 1 : value === own ? 0 : undefined)),
    tell('pthread_mutexattr_getpshared', Field.shared, (value) => (value ? shared : own)),
    ...(os === 'macos'
      ? []
      : [set('pthread_mutexattr_setrobust', Field.robust, plain([0, 1])), tell('pthread_mutexattr_getrobust', Field.robust)]),
    ...(os === 'linux'
      ? [
          set('pthread_mutexattr_setprioceiling', Field.ceiling, plain(ceilings)),
          tell('pthread_mutexattr_getprioceiling', Field.ceiling, (value) => Math.max(value, PRIORITIES.lowest)),
          // Of mutexes with PTHREAD_PRIO_PROTECT alone.
          hostFunction('pthread_mutex_getprioceiling', 'i(pp)', () => errno.EINVAL),
          hostFunction('pthread_mutex_setprioceiling', 'i(pip)', () => errno.EINVAL),
        ]
      : []),
  ];
}
