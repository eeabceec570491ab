/** struct stat as FreeBSD has it since 12 (64-bit inode numbers), on both CPUs. Source: sys/sys/stat.h. */
import type { MemoryView } from '../../../emulator/memory/memory-view.js';
import { REALTIME_EPOCH } from '../../posix/clock.js';
import type { FileStatus } from '../../posix/kernel/bsd-files.js';

const BLOCK = 4096;
/** Offsets of the times (access, modification, change, birth), and of what follows them. IA-32's time_t has 32 bits, and a word of its own for more. */
const LAYOUTS = {
  4: { bytes: 208, times: [52, 64, 76, 88], size: 96 },
  8: { bytes: 224, times: [48, 64, 80, 96], size: 112 },
} as const;

export function writeStatus(user: MemoryView, address: number, { mode, size, inode }: FileStatus): void {
  const layout = LAYOUTS[user.wordSize];
  user.fill(address, layout.bytes, 0);
  user.setU64(address, 8n);
  user.setU64(address + 8, BigInt(inode));
  user.setU64(address + 16, 1n);
  user.setU16(address + 24, mode);
  for (const at of layout.times) user.setWord(address + at, REALTIME_EPOCH);
  user.setU64(address + layout.size, BigInt(size));
  user.setU64(address + layout.size + 8, BigInt(Math.ceil(size / 512)));
  user.setU32(address + layout.size + 16, BLOCK);
}
