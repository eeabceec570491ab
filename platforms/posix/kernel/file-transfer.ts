/**
 * Reading and writing open files: the kernel touches the program's memory (EFAULT, or as much as could be moved), and waits
 * where there is nothing yet. The file stays open while somebody waits for it, whatever becomes of the descriptor. What has been
 * moved when a handler ends the wait is the result. Source: read(2), readv(2), pread(2); fs/read_write.c, fs/pipe.c (6.18);
 * sys/kern/sys_generic.c, sys_pipe.c (FreeBSD); bsd/kern/sys_generic.c (XNU).
 */
import { Access } from '../../../emulator/engine.js';
import type { Thread } from '../../../emulator/process/thread.js';
import { isWaiting, type Progress } from '../waiting.js';
import { LATER, O_APPEND, O_NONBLOCK, type OpenFile } from './descriptors.js';
import { Errno } from './errno.js';
import type { FileKernel } from './kernel.js';
import type { UserBuffers } from './user-buffers.js';

const PAGE = 4096;
/** So much goes through the host's hands at a time; what a pipe holds. */
const CHUNK = 65536;

/** One call: what it moves, and where. `position`: by a call that names one. */
export interface Transfer {
  thread: Thread;
  fd: number;
  file: OpenFile;
  buffers: UserBuffers;
  position?: number;
}

export class FileTransfer {
  constructor(private readonly kernel: FileKernel) {}

  read(transfer: Transfer): Progress {
    return this.holding(transfer.file, () => this.readOn(transfer));
  }

  write(transfer: Transfer): Progress {
    return this.holding(transfer.file, () => this.writeOn(transfer, 0));
  }

  /** The file is not closed before the wait is over. */
  private holding(file: OpenFile, begin: () => Progress): Progress {
    const { descriptors } = this.kernel;
    const letGo = (): void => descriptors.release(file);
    const step = (action: () => Progress): Progress => {
      let progress: Progress | undefined;
      try {
        progress = action();
      } finally {
        if (progress === undefined || !isWaiting(progress)) letGo();
      }
      if (!isWaiting(progress)) return progress;
      const { resume, interrupted, abandoned } = progress;
      return {
        ...progress,
        resume: () => step(resume),
        interrupted: () => {
          letGo();
          return interrupted?.() ?? -Errno.EINTR;
        },
        abandoned: () => {
          letGo();
          abandoned?.();
        },
      };
    };
    descriptors.hold(file);
    return step(begin);
  }

  /**
   * Wait until the file can be read or written (a pipe of FreeBSD's may be both), then go on. `done`: bytes that were moved, which a
   * handler doesn't make undone.
   */
  private later(file: OpenFile, way: 'read' | 'write', what: string, done: number, goOn: () => Progress): Progress {
    const ready = (): boolean => {
      const now = file.ready();
      return now[way] || now.hungUp === true || now.failed === true;
    };
    return { wait: { what, on: [file], ready }, resume: goOn, restarts: done === 0, ...(done > 0 && { interrupted: () => done }) };
  }

  private readOn(transfer: Transfer): Progress {
    const { file, fd, buffers, position } = transfer;
    const { partly } = this.kernel.transfer;
    const later = (): Progress =>
      file.flags & O_NONBLOCK ? -Errno.EAGAIN : this.later(file, 'read', `input (descriptor ${fd})`, 0, () => this.readOn(transfer));
    for (let done = 0; ;) {
      const wanted = Math.min(buffers.length - done, CHUNK);
      if (wanted === 0) return done;
      // Nothing is taken from the file that there is no place for.
      const room = buffers.touchable(done, wanted, Access.Write);
      const at = position === undefined ? file.position : position + done;
      if (room < wanted && (room === 0 || !partly) && (file.kind === 'pipe' || room < this.left(file, at))) {
        if (file.kind === 'pipe' && !file.ready().read) return file.ready().hungUp ? 0 : later();
        return done > 0 && partly ? done : -Errno.EFAULT;
      }
      const bytes = file.read(at, Math.min(wanted, room));
      if (bytes === LATER) return later();
      if (typeof bytes === 'number') return done > 0 ? done : bytes;
      if (position === undefined && file.position !== undefined) file.position += bytes.length;
      buffers.write(done, bytes);
      done += bytes.length;
      // Pipes and streams give what there is; the end of a file, or of the place for it, is the end.
      if (bytes.length < wanted || file.kind === 'pipe' || file.kind === 'stream') return done;
    }
  }

  /** Bytes that could be read from there, or more. A buffer that can't be touched is no error where there is nothing to put into it. */
  private left(file: OpenFile, at: number | undefined): number {
    if (file.name === '/dev/null') return 0;
    return file.kind === 'file' && at !== undefined && file.size ? Math.max(0, file.size() - at) : Infinity;
  }

  private writeOn(transfer: Transfer, before: number): Progress {
    const { file, fd, buffers, position, thread } = transfer;
    const { partly } = this.kernel.transfer;
    const waits = !(file.flags & O_NONBLOCK);
    for (let done = before; ;) {
      const wanted = Math.min(buffers.length - done, CHUNK);
      if (wanted === 0 && (done > 0 || this.emptyIsDone(file))) return done;
      if (file.kind === 'pipe' && file.ready().failed) {
        this.broken(thread);
        return done > 0 ? done : -Errno.EPIPE;
      }
      let fits = buffers.touchable(done, wanted, Access.Read);
      const short = fits < wanted;
      if (short && !partly) return -Errno.EFAULT;
      // Pipes take whole pages; of one that can't be read to its end they take nothing.
      if (short && file.kind !== 'file') fits = Math.max(0, fits - ((done + fits) % PAGE));
      if (short && fits === 0) return done > 0 ? done : -Errno.EFAULT;
      // Linux appends whatever position a call names, as the others do.
      const end = file.flags & O_APPEND && file.size ? file.size() : undefined;
      const at = end ?? (position === undefined ? file.position : position + done);
      const written = file.write(at, buffers.read(done, fits));
      if (written === LATER) {
        if (!waits) return done > 0 ? done : -Errno.EAGAIN;
        return this.later(file, 'write', `output (descriptor ${fd})`, done, () => this.writeOn(transfer, done));
      }
      if (written < 0) return done > 0 ? done : written;
      if (position === undefined && file.position !== undefined && at !== undefined) file.position = at + written;
      done += written;
      if (short && written === fits) return done;
      if (written < fits && file.kind !== 'pipe') return done;
      if (written === 0) return done;
    }
  }

  /** Linux asks nobody where nothing is to be written; the others look at the reader first. */
  private emptyIsDone(file: OpenFile): boolean {
    return file.kind !== 'pipe' || this.kernel.system.traits.os === 'linux';
  }

  /** Nobody reads any more: on XNU that is told to the process, elsewhere to the thread that writes. */
  private broken(thread: Thread): void {
    const { signals, traits, pid } = this.kernel.system;
    const info = { signal: traits.signals.numbers.SIGPIPE, code: traits.signals.codes.USER, pid };
    if (traits.os === 'macos') signals.sendToProcess(info);
    else signals.sendToThread(thread, info);
  }
}
