/** Attributes of files. Their times are the run's beginning, whatever the host's say: a run repeats. */
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { FileEntry } from '../file-system.js';
import { START_TIME } from './process-block.js';

export const ATTRIBUTES = { READONLY: 1, DIRECTORY: 0x10, ARCHIVE: 0x20 } as const;

export function attributesOf({ directory, writable }: FileEntry): number {
  if (directory) return ATTRIBUTES.DIRECTORY;
  return ATTRIBUTES.ARCHIVE | (writable ? 0 : ATTRIBUTES.READONLY);
}

/** Creation, last access, last write. */
export function putTimes(memory: MemoryView, place: number): void {
  for (let i = 0; i < 3; i++) {
    memory.setU32(place + 8 * i, Number(START_TIME & 0xffffffffn));
    memory.setU32(place + 8 * i + 4, Number(START_TIME >> 32n));
  }
}

/** What WIN32_FILE_ATTRIBUTE_DATA and WIN32_FIND_DATA begin with. */
export function putEntry(memory: MemoryView, place: number, entry: FileEntry): void {
  const size = entry.directory ? 0 : entry.size;
  memory.setU32(place, attributesOf(entry));
  putTimes(memory, place + 4);
  memory.setU32(place + 28, Math.floor(size / 2 ** 32));
  memory.setU32(place + 32, size % 2 ** 32);
}
