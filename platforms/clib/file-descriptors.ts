/**
 * read, write and their kin on the streams' numbers (POSIX). They are system calls: a buffer that the guest may not
 * touch is EFAULT, not a fault. Buffered output of the stream goes first, as it would have from the same process only
 * when flushed: here the descriptor and the stream share no buffer, so nothing is flushed.
 */
import { GuestFault } from '../../emulator/memory/memory-view.js';
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import { FileError } from './files.js';
import type { CLibrary } from './library.js';

export function descriptorFunctions(library: CLibrary): HostFunction[] {
  // Linux's own library makes the system calls: fixtures/guest/libc/linux.
  if (library.traits.os === 'linux') return [];
  const { streams } = library;

  const system = (action: () => number): number => {
    try {
      return action();
    } catch (error) {
      if (error instanceof GuestFault) library.setErrno('EFAULT');
      else if (error instanceof FileError) library.setErrno(error.code);
      else throw error;
      return -1;
    }
  };

  return [
    hostFunction('write', 'l(ipz)', (call, number, buffer, size) =>
      system(() => {
        const stream = streams.byNumber(number);
        if (!stream?.writable) throw new FileError('EBADF');
        const bytes = call.memory.bytes(buffer, size);
        stream.device.write(bytes);
        return size;
      }),
    ),
    hostFunction('read', 'l(ipz)', (call, number, buffer, size) =>
      system(() => {
        const stream = streams.byNumber(number);
        if (!stream?.readable) throw new FileError('EBADF');
        library.probeWrite(call, buffer, Math.min(size, 1));
        const bytes = stream.device.read(Math.min(size, 1 << 20));
        call.memory.write(buffer, bytes);
        return bytes.length;
      }),
    ),
    hostFunction('isatty', 'i(i)', () => 0),
  ];
}
