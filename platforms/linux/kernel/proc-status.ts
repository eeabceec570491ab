/**
 * /proc/self/stat, statm and status: what of them has a meaning here; the rest is 0. A collector takes its stack's cold end from
 * startstack, and its size from the others. Source: proc_pid_stat(5), proc_pid_statm(5), proc_pid_status(5), fs/proc/array.c (6.18).
 */
import { Prot } from '../../../emulator/engine.js';
import { UNITS_PER_SECOND } from '../../../emulator/process/clock.js';
import type { Process } from '../../../emulator/process/process.js';
import { posixThread } from '../../posix/posix-thread.js';

const PAGE = 4096;
const TICKS_PER_SECOND = 100;
/** Fields of stat after the name, of which the first is the third. */
const STAT_FIELDS = 50;
const RSS_LIMIT = '18446744073709551615';

interface Sizes {
  all: number;
  resident: number;
  data: number;
  code: number;
}

function sizesOf(process: Process, userLimit: number): Sizes {
  const { space } = process;
  const sizes = { all: 0, resident: Math.floor(space.committedBytes / PAGE) * PAGE, data: 0, code: 0 };
  for (const { base, limit, prot } of space.runs(0, userLimit)) {
    sizes.all += limit - base;
    if (prot & Prot.Write) sizes.data += limit - base;
    else if (prot & Prot.Exec) sizes.code += limit - base;
  }
  sizes.resident = Math.min(sizes.resident, sizes.all);
  return sizes;
}

const living = (process: Process): number => process.threads.filter((thread) => thread.state !== 'ended').length;
const nameOf = (process: Process): string => posixThread(process.threads[0]).name;

export const comm = (process: Process): string => `${nameOf(process)}\n`;

export function statm(process: Process, userLimit: number): string {
  const { all, resident, data, code } = sizesOf(process, userLimit);
  const pages = (bytes: number): number => Math.ceil(bytes / PAGE);
  return `${pages(all)} ${pages(resident)} 0 ${pages(code)} 0 ${pages(data)} 0\n`;
}

export function stat(process: Process, pid: number, userLimit: number): string {
  const { all, resident } = sizesOf(process, userLimit);
  const fields = new Array<string>(STAT_FIELDS).fill('0');
  const set = (number: number, value: number | string): void => void (fields[number - 3] = String(value));
  set(3, 'R');
  set(4, 1);
  set(5, pid);
  set(6, pid);
  set(8, -1);
  set(14, Math.floor((process.clock.busy * TICKS_PER_SECOND) / UNITS_PER_SECOND));
  // Priority, threads, size, resident pages and their limit, where the stack began, the signal for the parent.
  set(18, 20);
  set(20, living(process));
  set(23, all);
  set(24, resident / PAGE);
  set(25, RSS_LIMIT);
  set(28, posixThread(process.threads[0]).startStack);
  set(38, 17);
  return `${pid} (${nameOf(process)}) ${fields.join(' ')}\n`;
}

export function status(process: Process, pid: number, userLimit: number, umask: number): string {
  const { all, resident, data, code } = sizesOf(process, userLimit);
  const kilobytes = (bytes: number): string => `${String(Math.ceil(bytes / 1024)).padStart(8)} kB`;
  const lines: [string, string][] = [
    ['Name', nameOf(process)],
    ['Umask', umask.toString(8).padStart(4, '0')],
    ['State', 'R (running)'],
    ['Tgid', String(pid)],
    ['Ngid', '0'],
    ['Pid', String(pid)],
    ['PPid', '1'],
    ['TracerPid', '0'],
    ['Uid', '0\t0\t0\t0'],
    ['Gid', '0\t0\t0\t0'],
    ['VmPeak', kilobytes(Math.max(all, process.space.peakReservedBytes))],
    ['VmSize', kilobytes(all)],
    ['VmHWM', kilobytes(Math.max(resident, process.space.peakCommittedBytes))],
    ['VmRSS', kilobytes(resident)],
    ['VmData', kilobytes(data)],
    ['VmExe', kilobytes(code)],
    ['Threads', String(living(process))],
  ];
  return lines.map(([name, value]) => `${name}:\t${value}\n`).join('');
}
