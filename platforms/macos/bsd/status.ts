/** struct stat with 64-bit inode numbers. Source: bsd/sys/stat.h (struct user64_stat64). */
import type { MemoryView } from '../../../emulator/memory/memory-view.js';
import { REALTIME_EPOCH } from '../../posix/clock.js';
import type { FileStatus } from '../../posix/kernel/bsd-files.js';
import { STAFF, UID } from '../frames.js';

const BYTES = 144;
const BLOCK = 4096;

export function writeStatus(user: MemoryView, address: number, { mode, size, inode }: FileStatus): void {
  user.fill(address, BYTES, 0);
  user.setU32(address, 8);
  user.setU16(address + 4, mode);
  user.setU16(address + 6, 1);
  user.setU64(address + 8, BigInt(inode));
  user.setU32(address + 16, UID);
  user.setU32(address + 20, STAFF);
  for (const at of [32, 48, 64, 80]) user.setWord(address + at, REALTIME_EPOCH);
  user.setU64(address + 96, BigInt(size));
  user.setU64(address + 104, BigInt(Math.ceil(size / 512)));
  user.setU32(address + 112, BLOCK);
}
