/** Pipes. Source: pipe(7), fs/pipe.c (Linux 6.18); sys/kern/sys_pipe.c (FreeBSD), bsd/kern/sys_pipe.c (XNU). */
import { LATER, O_RDWR, O_WRONLY, type OpenFile } from './descriptors.js';
import { Errno } from './errno.js';

const USUAL_ROOM = 65536;
/** So much is written at once or not at all. */
const PIPE_BUF = 4096;

/** Bytes on their way from one end to the other. */
class Channel {
  private held = new Uint8Array(0);
  room = USUAL_ROOM;
  private readers = true;
  private writers = true;

  constructor(private readonly changed: () => void) {}

  read(length: number): Uint8Array | typeof LATER {
    if (this.held.length === 0) return this.writers ? LATER : new Uint8Array(0);
    const taken = this.held.slice(0, length);
    this.held = this.held.slice(taken.length);
    this.changed();
    return taken;
  }

  write(bytes: Uint8Array): number | typeof LATER {
    if (!this.readers) return -Errno.EPIPE;
    const room = this.room - this.held.length;
    if (bytes.length > 0 && (bytes.length <= PIPE_BUF ? room < bytes.length : room === 0)) return LATER;
    const taken = bytes.subarray(0, room);
    const next = new Uint8Array(this.held.length + taken.length);
    next.set(this.held);
    next.set(taken, this.held.length);
    this.held = next;
    this.changed();
    return taken.length;
  }

  resize(room: number): boolean {
    if (this.held.length > room) return false;
    this.room = room;
    this.changed();
    return true;
  }

  get length(): number {
    return this.held.length;
  }

  get forReader(): { read: boolean; hungUp: boolean } {
    return { read: this.held.length > 0, hungUp: !this.writers };
  }

  get forWriter(): { write: boolean; failed: boolean } {
    return { write: this.readers ? this.room - this.held.length >= PIPE_BUF : true, failed: !this.readers };
  }

  close(end: 'reader' | 'writer'): void {
    if (end === 'reader') this.readers = false;
    else this.writers = false;
    this.changed();
  }
}

/** The two ends of a new pipe with that number. `changed`: who waits for one of them looks again. `both`: each end can be read and written, as on FreeBSD. */
export function pipe(number: number, flags: number, changed: (cause: unknown) => void, both = false): [OpenFile, OpenFile] {
  const ends: OpenFile[] = [];
  const tell = (): void => {
    for (const end of ends) changed(end);
  };
  const forth = new Channel(tell);
  const back = both ? new Channel(tell) : undefined;
  const end = (incoming: Channel | undefined, outgoing: Channel | undefined): OpenFile => ({
    kind: 'pipe',
    name: `pipe:[${number}]`,
    pipe: incoming ?? outgoing ?? forth,
    flags: flags | (incoming && outgoing ? O_RDWR : outgoing ? O_WRONLY : 0),
    position: undefined,
    read: (_position, length) => (incoming ? incoming.read(length) : -Errno.EBADF),
    write: (_position, bytes) => (outgoing ? outgoing.write(bytes) : -Errno.EBADF),
    ready: () => ({ read: false, write: false, ...incoming?.forReader, ...outgoing?.forWriter }),
    ...(incoming && { size: () => incoming.length }),
    closed: () => {
      incoming?.close('reader');
      outgoing?.close('writer');
    },
  });
  const made: [OpenFile, OpenFile] = [end(forth, back), end(back, forth)];
  ends.push(...made);
  return made;
}
