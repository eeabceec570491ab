/** The few files of /proc and /sys that C libraries and collectors read of themselves. Source: proc(5). */
import type { Process } from '../../../emulator/process/process.js';
import { isShared } from '../memory-rules.js';
import { comm, stat, statm, status } from './proc-status.js';
import type { Descriptors } from '../../posix/kernel/descriptors.js';

export class ProcFiles {
  constructor(
    private readonly process: Process,
    private readonly argv: readonly string[],
    private readonly pid: number,
    private readonly userLimit: number,
    private readonly umask: () => number,
  ) {}

  private get program(): string {
    return this.argv[0] ?? '';
  }

  /** What the file holds; undefined: it is none of them. */
  read(path: string): Uint8Array | undefined {
    const text = this.text(this.ofProcess(path));
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }

  private ofProcess(path: string): string {
    return path.replace(`/proc/${this.pid}/`, '/proc/self/').replace('/proc/thread-self/', '/proc/self/');
  }

  /** Where a symbolic link leads. */
  link(path: string, descriptors: Descriptors): string | undefined {
    const name = this.ofProcess(path);
    if (name === '/proc/self/exe') return this.program.startsWith('/') ? this.program : `/${this.program}`;
    if (name === '/proc/self/cwd' || name === '/proc/self/root') return '/';
    const fd = /^\/proc\/self\/fd\/(\d+)$/.exec(name);
    return fd ? descriptors.any(Number(fd[1]))?.name : undefined;
  }

  private text(path: string): string | undefined {
    switch (path) {
      case '/proc/self/maps':
        return this.maps();
      case '/proc/self/comm':
        return comm(this.process);
      case '/proc/self/cmdline':
        return this.argv.map((argument) => `${argument}\0`).join('');
      case '/proc/self/stat':
        return stat(this.process, this.pid, this.userLimit);
      case '/proc/self/statm':
        return statm(this.process, this.userLimit);
      case '/proc/self/status':
        return status(this.process, this.pid, this.userLimit, this.umask());
      case '/sys/devices/system/cpu/online':
      case '/sys/devices/system/cpu/possible':
        return '0\n';
      case '/proc/sys/vm/overcommit_memory':
        return '0\n';
      case '/proc/sys/vm/max_map_count':
        return '65530\n';
      case '/proc/sys/kernel/ngroups_max':
        return '65536\n';
      case '/proc/sys/kernel/osrelease':
        return '6.18.0\n';
      default:
        return undefined;
    }
  }

  private maps(): string {
    const hex = (address: number): string => address.toString(16).padStart(8, '0');
    const { space } = this.process;
    const lines: string[] = [];
    for (const { base, limit, prot, region } of space.runs(0, this.userLimit)) {
      const bits = `${prot & 1 ? 'r' : '-'}${prot & 2 ? 'w' : '-'}${prot & 4 ? 'x' : '-'}${isShared(region) ? 's' : 'p'}`;
      const line = `${hex(base)}-${hex(limit)} ${bits} 00000000 00:00 0`;
      lines.push(region.name === '' ? `${line} ` : `${line.padEnd(73)}${region.name}`);
    }
    return `${lines.join('\n')}\n`;
  }
}
