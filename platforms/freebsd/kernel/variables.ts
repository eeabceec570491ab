/**
 * What the kernel says of itself by number or name: __sysctl and __sysctlbyname, for the variables that C libraries and collectors ask.
 * Numbers below 256 are those of sys/sysctl.h; the others are given out as the kernel registers them, and name2oid tells them.
 * Source: sys/kern/kern_sysctl.c (userland_sysctl, sysctl_old_user, sysctl_sysctl_name2oid), kern_mib.c, vm/vm_swap.c (13 and 14).
 */
import { Errno } from '../../posix/kernel/errno.js';
import { int } from '../../posix/system-call-table.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';

/** CTL_MAXNAME. */
const NAME_LIMIT = 24;
const MAXPATHLEN = 1024;
/** {0, 3}: from a name to numbers. */
const NAME_TO_OID = 3;
const RELEASE = '14.0-RELEASE';
const RELEASE_DATE = 1400097;

type Value = { int: number } | { long: number } | { text: string };

interface Variable {
  name: string;
  oid: number[];
  value: Value;
}

function variables({ layout, system, user, descriptors }: FreeBsdKernel): Variable[] {
  const { process, options } = system;
  const wide = user.wordSize === 8;
  const memory = process.memoryLimit.limit;
  const machine = wide ? 'amd64' : 'i386';
  const of = (name: string, oid: number[], value: Value): Variable => ({ name, oid, value });
  return [
    of('kern.ostype', [1, 1], { text: 'FreeBSD' }),
    of('kern.osrelease', [1, 2], { text: RELEASE }),
    of('kern.osrevision', [1, 3], { int: 199506 }),
    of('kern.version', [1, 4], { text: `FreeBSD ${RELEASE} GENERIC\n` }),
    of('kern.argmax', [1, 8], { int: wide ? 524288 : 262144 }),
    of('kern.hostname', [1, 10], { text: 'mpsemu' }),
    of('kern.ngroups', [1, 18], { int: 1023 }),
    of('kern.osreldate', [1, 24], { int: RELEASE_DATE }),
    of('kern.maxfilesperproc', [1, 27], { int: descriptors.limit }),
    of('kern.ps_strings', [1, 32], { long: layout.stackTop - (wide ? 32 : 16) }),
    of('kern.usrstack', [1, 33], { long: layout.stackTop }),
    of('kern.iov_max', [1, 35], { int: 1024 }),
    of('kern.proc.pathname', [1, 14, 12, -1], { text: options.argv[0] ?? '' }),
    of('hw.machine', [6, 1], { text: machine }),
    of('hw.model', [6, 2], { text: 'mpsemu' }),
    of('hw.ncpu', [6, 3], { int: 1 }),
    of('hw.byteorder', [6, 4], { int: 1234 }),
    of('hw.physmem', [6, 5], { long: memory }),
    of('hw.usermem', [6, 6], { long: memory }),
    of('hw.pagesize', [6, 7], { int: 4096 }),
    of('hw.machine_arch', [6, 11], { text: machine }),
    of('hw.realmem', [6, 12], { long: memory }),
    of('vm.overcommit', [2, 256], { int: 0 }),
    of('kern.smp.cpus', [1, 257, 258], { int: 1 }),
    of('kern.smp.maxcpus', [1, 257, 259], { int: wide ? 1024 : 32 }),
    of('vm.max_user_wired', [2, 260], { long: Math.floor(memory / 4096) }),
    of('machdep.prot_fault_translation', [7, 261], { int: 0 }),
    of('security.bsd.unprivileged_proc_debug', [14, 262, 263], { int: 1 }),
    of('debug.iosize_max_clamp', [5, 264], { int: 0 }),
  ];
}

export function variableCalls(kernel: FreeBsdKernel): FreeBsdCalls {
  const { user } = kernel;
  const word = user.wordSize;
  const all = variables(kernel);

  const bytesOf = (value: Value): Uint8Array => {
    if ('text' in value) return new TextEncoder().encode(`${value.text}\0`);
    const bytes = new Uint8Array('int' in value ? 4 : word);
    const view = new DataView(bytes.buffer);
    if ('int' in value) view.setInt32(0, value.int, true);
    else if (word === 8) view.setBigUint64(0, BigInt(value.long), true);
    else view.setUint32(0, value.long >>> 0, true);
    return bytes;
  };
  const numbers = (oid: number[]): Uint8Array => new Uint8Array(Int32Array.from(oid).buffer);

  /** Give the old value: what has room, and how much that was. */
  const give = (bytes: Uint8Array, old: number, sizeAt: number): number => {
    if (sizeAt === 0) {
      return 0;
    }
    const room = user.word(sizeAt);
    const fits = old === 0 ? bytes.length : Math.min(bytes.length, room);
    if (old !== 0) user.write(old, bytes.subarray(0, fits));
    user.setWord(sizeAt, fits);
    return fits < bytes.length ? -Errno.ENOMEM : 0;
  };

  const answer = (variable: Variable | undefined, old: number, sizeAt: number, wanted: number): number => {
    if (!variable) return -Errno.ENOENT;
    // None of these can be changed.
    if (wanted !== 0) return -Errno.EPERM;
    return give(bytesOf(variable.value), old, sizeAt);
  };
  const byName = (name: string): Variable | undefined => all.find((variable) => variable.name === name);
  const nameAt = (address: number, length: number): string => {
    const text = Buffer.from(user.bytes(address, length)).toString('latin1');
    const end = text.indexOf('\0');
    return end < 0 ? text : text.slice(0, end);
  };

  return {
    __sysctl: (_thread, [nameAtAddress, length, old, sizeAt, wanted, wantedSize]) => {
      const count = int(length) >>> 0;
      if (count > NAME_LIMIT || count < 2) return -Errno.EINVAL;
      const oid = Array.from({ length: count }, (_, i) => user.i32(nameAtAddress + 4 * i));
      if (oid[0] === 0 && oid[1] === NAME_TO_OID) {
        if (wantedSize === 0) return -Errno.ENOENT;
        if (wantedSize >= MAXPATHLEN) return -Errno.ENAMETOOLONG;
        const variable = byName(nameAt(wanted, wantedSize));
        return variable ? give(numbers(variable.oid), old, sizeAt) : -Errno.ENOENT;
      }
      const same = (variable: Variable): boolean =>
        variable.oid.length === oid.length && variable.oid.every((number, i) => number === oid[i]);
      return answer(all.find(same), old, sizeAt, wanted);
    },
    __sysctlbyname: (_thread, [name, length, old, sizeAt, wanted]) => {
      if (length >= MAXPATHLEN) return -Errno.ENAMETOOLONG;
      if (length === 0) return -Errno.ENOENT;
      return answer(byName(nameAt(name, length)), old, sizeAt, wanted);
    },
  };
}
