/** Which files macOS maps. Changes of shared mappings don't reach the file here: those that can be written are refused. Source: bsd/kern/kern_mman.c (mmap). */
import { Prot } from '../../emulator/engine.js';
import type { Process } from '../../emulator/process/process.js';
import { bsdErrno as errno } from '../posix/errno.js';
import { FileMappings, type MappableFile } from '../posix/file-mappings.js';
import { O_ACCMODE, O_RDWR, O_WRONLY } from '../posix/kernel/descriptors.js';
import type { FileRules } from '../posix/memory-calls.js';

export function macFileRules(process: Process, open: (fd: number) => MappableFile | undefined): FileRules {
  return {
    mappings: new FileMappings(process, open),
    refuse: (file, shared, prot) => {
      if (!file) return -errno.EBADF;
      if (file.kind === 'device') return -errno.ENODEV;
      if (file.kind !== 'file' || !file.contents) return -errno.EINVAL;
      // Whatever can be written or executed can be read.
      if ((file.flags & O_ACCMODE) === O_WRONLY && (prot & 7) !== 0) return -errno.EACCES;
      if (!shared || !(prot & Prot.Write)) return 0;
      if ((file.flags & O_ACCMODE) !== O_RDWR) return -errno.EACCES;
      return process.end({ kind: 'unsupported', text: 'a shared mapping of a file that can be written is not provided' });
    },
  };
}
