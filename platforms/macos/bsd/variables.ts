/**
 * What the kernel says of itself by number or name: sysctl and sysctlbyname, for the variables that C libraries and collectors ask.
 * Numbers from 256 on are given out as the kernel registers variables. Source: bsd/kern/kern_newsysctl.c, kern_mib.c, kern_sysctl.c.
 */
import { Errno } from '../../posix/kernel/errno.js';
import type { KernelCall } from '../../posix/kernel/kernel.js';
import { int } from '../../posix/system-call-table.js';
import type { MacBsd } from './kernel.js';

/** CTL_MAXNAME. */
const NAME_LIMIT = 12;
const MAXPATHLEN = 1024;
/** {0, 3}: from a name to numbers. */
const NAME_TO_OID = 3;

type Value = { int: number } | { quad: number } | { text: string };

interface Variable {
  name: string;
  oid: number[];
  value: Value;
}

function variables({ layout, system, descriptors }: MacBsd): Variable[] {
  const { process } = system;
  const memory = process.memoryLimit.limit;
  const arm = process.cpu === 'arm64';
  const of = (name: string, oid: number[], value: Value): Variable => ({ name, oid, value });
  return [
    of('kern.ostype', [1, 1], { text: 'Darwin' }),
    of('kern.osrelease', [1, 2], { text: '23.0.0' }),
    of('kern.osrevision', [1, 3], { int: 199506 }),
    of('kern.version', [1, 4], { text: `Darwin Kernel Version 23.0.0: root:xnu-10002/RELEASE_${arm ? 'ARM64' : 'X86_64'}` }),
    of('kern.argmax', [1, 8], { int: 1048576 }),
    of('kern.hostname', [1, 10], { text: 'mpsemu.local' }),
    of('kern.maxfilesperproc', [1, 29], { int: descriptors.limit }),
    of('kern.usrstack64', [1, 59], { quad: layout.stackTop }),
    of('kern.osversion', [1, 65], { text: '23A344' }),
    of('kern.osproductversion', [1, 256], { text: '14.0' }),
    of('hw.machine', [6, 1], { text: arm ? 'arm64' : 'x86_64' }),
    of('hw.model', [6, 2], { text: 'mpsemu1,1' }),
    of('hw.ncpu', [6, 3], { int: 1 }),
    of('hw.byteorder', [6, 4], { int: 1234 }),
    // The old number is an int; the name is a quad, with a number of its own.
    of('', [6, 7], { int: layout.pageSize }),
    of('hw.memsize', [6, 24], { quad: memory }),
    of('hw.activecpu', [6, 25], { int: 1 }),
    of('hw.pagesize', [6, 257], { quad: layout.pageSize }),
    of('hw.physicalcpu', [6, 258], { int: 1 }),
    of('hw.physicalcpu_max', [6, 259], { int: 1 }),
    of('hw.logicalcpu', [6, 260], { int: 1 }),
    of('hw.logicalcpu_max', [6, 261], { int: 1 }),
    of('hw.cputype', [6, 262], { int: arm ? 0x0100000c : 7 }),
    of('hw.cpu64bit_capable', [6, 263], { int: 1 }),
    of('hw.tbfrequency', [6, 264], { quad: arm ? 24_000_000 : 1_000_000_000 }),
    of('vm.pagesize', [2, 265], { int: layout.pageSize }),
    of('vm.page_free_count', [2, 266], { int: Math.floor(memory / layout.pageSize) }),
  ];
}

export function variableCalls(kernel: MacBsd): Record<'sysctl' | 'sysctlbyname', KernelCall> {
  const { user } = kernel;
  const all = variables(kernel);

  /** What is given: quads that are asked for as ints are, if they fit. */
  const bytesOf = (value: Value, room: number | undefined): Uint8Array | number => {
    if ('text' in value) return new TextEncoder().encode(`${value.text}\0`);
    const number = 'int' in value ? value.int : value.quad;
    const narrow = 'int' in value || room === 4;
    if (narrow && number > 0x7fffffff) return -Errno.ERANGE;
    const bytes = new Uint8Array(narrow ? 4 : 8);
    const view = new DataView(bytes.buffer);
    if (narrow) view.setInt32(0, number, true);
    else view.setBigUint64(0, BigInt(number), true);
    return bytes;
  };

  const give = (bytes: Uint8Array, old: number, sizeAt: number): number => {
    const room = sizeAt === 0 ? 0 : user.word(sizeAt);
    // Nothing is given of what has no room.
    const fits = old === 0 || bytes.length <= room;
    if (old !== 0 && fits) user.write(old, bytes);
    if (sizeAt !== 0) user.setWord(sizeAt, fits ? bytes.length : 0);
    return fits ? 0 : -Errno.ENOMEM;
  };
  const answer = (variable: Variable | undefined, old: number, sizeAt: number, wanted: number): number => {
    if (!variable) return -Errno.ENOENT;
    // None of these can be changed.
    if (wanted !== 0) return -Errno.EPERM;
    const bytes = bytesOf(variable.value, old === 0 || sizeAt === 0 ? undefined : user.word(sizeAt));
    return typeof bytes === 'number' ? bytes : give(bytes, old, sizeAt);
  };
  const nameAt = (address: number, length: number): string => {
    const text = Buffer.from(user.bytes(address, length)).toString('latin1');
    const end = text.indexOf('\0');
    return end < 0 ? text : text.slice(0, end);
  };
  const byName = (name: string): Variable | undefined => all.find((variable) => name !== '' && variable.name === name);

  return {
    sysctl: (_thread, [name, length, old, sizeAt, wanted, wantedSize]) => {
      const count = int(length) >>> 0;
      if (count > NAME_LIMIT || count < 2) return -Errno.EINVAL;
      const oid = Array.from({ length: count }, (_, i) => user.i32(name + 4 * i));
      if (oid[0] === 0 && oid[1] === NAME_TO_OID) {
        if (wantedSize === 0) return -Errno.ENOENT;
        if (wantedSize >= MAXPATHLEN) return -Errno.ENAMETOOLONG;
        const variable = byName(nameAt(wanted, wantedSize));
        return variable ? give(new Uint8Array(Int32Array.from(variable.oid).buffer), old, sizeAt) : -Errno.ENOENT;
      }
      const same = (variable: Variable): boolean =>
        variable.oid.length === oid.length && variable.oid.every((number, i) => number === oid[i]);
      return answer(all.find(same), old, sizeAt, wanted);
    },
    sysctlbyname: (_thread, [name, length, old, sizeAt, wanted]) =>
      length >= MAXPATHLEN ? -Errno.ENAMETOOLONG : answer(byName(nameAt(name, length)), old, sizeAt, wanted),
  };
}
