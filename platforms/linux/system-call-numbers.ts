/** Linux system call numbers that the model answers. Source: uapi/asm/unistd.h of the three CPUs. */
import type { CpuName } from '../../emulator/engine.js';

// prettier-ignore
export type SystemCallName =
  | 'read' | 'write' | 'close' | 'mmap' | 'mmap2' | 'munmap' | 'mprotect' | 'madvise' | 'brk' | 'exit' | 'exit_group' | 'sched_yield' | 'getuid'
  | 'geteuid' | 'getgid' | 'getegid' | 'arch_prctl' | 'rt_sigaction' | 'rt_sigprocmask' | 'rt_sigreturn' | 'rt_sigpending' | 'rt_sigsuspend' | 'pause' | 'sigreturn' | 'sigaltstack'
  | 'kill' | 'tkill' | 'tgkill' | 'gettid' | 'getpid' | 'getppid' | 'set_tid_address' | 'clock_gettime' | 'clock_getres' | 'gettimeofday';

/** IA-32, x86-64, ARM64; undefined: that CPU has none. */
// prettier-ignore
const numbers: Record<SystemCallName, readonly [number | undefined, number | undefined, number | undefined]> = {
  read: [3, 0, 63], write: [4, 1, 64], close: [6, 3, 57], mmap: [undefined, 9, 222], mmap2: [192, undefined, undefined], munmap: [91, 11, 215],
  mprotect: [125, 10, 226], madvise: [219, 28, 233], brk: [45, 12, 214], exit: [1, 60, 93], exit_group: [252, 231, 94], sched_yield: [158, 24, 124],
  getuid: [24, 102, 174], geteuid: [49, 107, 175], getgid: [47, 104, 176], getegid: [50, 108, 177], arch_prctl: [384, 158, undefined],
  rt_sigaction: [174, 13, 134], rt_sigprocmask: [175, 14, 135], rt_sigreturn: [173, 15, 139], rt_sigpending: [176, 127, 136],
  sigreturn: [119, undefined, undefined], sigaltstack: [186, 131, 132], kill: [37, 62, 129], tkill: [238, 200, 130], tgkill: [270, 234, 131],
  gettid: [224, 186, 178], getpid: [20, 39, 172], getppid: [64, 110, 173], set_tid_address: [258, 218, 96], clock_gettime: [265, 228, 113],
  gettimeofday: [78, 96, 169], clock_getres: [266, 229, 114], rt_sigsuspend: [179, 130, 133], pause: [29, 34, undefined],
};

export function systemCallNames(cpu: CpuName): Map<number, SystemCallName> {
  const column = cpu === 'ia32' ? 0 : cpu === 'x86-64' ? 1 : 2;
  const table = new Map<number, SystemCallName>();
  for (const [name, row] of Object.entries(numbers)) {
    const number = row[column];
    if (number !== undefined) table.set(number, name as SystemCallName);
  }
  return table;
}
