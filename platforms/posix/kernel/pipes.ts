/** Pipes. Source: pipe(7), fs/pipe.c (6.18). */
import { LATER, O_WRONLY, type OpenFile } from './descriptors.js';
import { Errno } from './errno.js';

const PIPE_BYTES = 65536;
/** So much is written at once or not at all. */
const PIPE_BUF = 4096;

/** The two ends of a new pipe. `changed`: who waits for it looks again. */
export function pipe(flags: number, changed: (cause: unknown) => void): [OpenFile, OpenFile] {
  let held = new Uint8Array(0);
  let readers = true;
  let writers = true;
  const name = 'pipe:[2000]';
  const read: OpenFile = {
    kind: 'pipe',
    name,
    flags,
    position: undefined,
    read: (_position, length) => {
      if (held.length === 0) return writers ? LATER : new Uint8Array(0);
      const taken = held.slice(0, length);
      held = held.slice(taken.length);
      changed(write);
      return taken;
    },
    write: () => -Errno.EBADF,
    ready: () => ({ read: held.length > 0, write: false, hungUp: !writers }),
    size: () => held.length,
    closed: () => {
      readers = false;
      changed(write);
    },
  };
  const write: OpenFile = {
    kind: 'pipe',
    name,
    flags: flags | O_WRONLY,
    position: undefined,
    read: () => -Errno.EBADF,
    write: (_position, bytes) => {
      if (!readers) return -Errno.EPIPE;
      const room = PIPE_BYTES - held.length;
      if (bytes.length > 0 && (bytes.length <= PIPE_BUF ? room < bytes.length : room === 0)) return LATER;
      const taken = bytes.subarray(0, room);
      const next = new Uint8Array(held.length + taken.length);
      next.set(held);
      next.set(taken, held.length);
      held = next;
      changed(read);
      return taken.length;
    },
    ready: () => ({ read: false, write: readers ? PIPE_BYTES - held.length >= PIPE_BUF : true, failed: !readers }),
    closed: () => {
      writers = false;
      changed(read);
    },
  };
  return [read, write];
}
