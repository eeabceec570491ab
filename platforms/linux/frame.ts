/** What a signal frame of Linux is on every CPU. */
import type { Thread } from '../../emulator/process/thread.js';
import type { SignalFrames } from '../posix/signal-frames.js';
import type { SignalSet } from '../posix/signal-set.js';

/** What sigreturn comes to. */
export interface FrameReturn {
  /** The signals to block from now on; undefined: not even that could be read. */
  mask?: SignalSet;
  /** The frame is bad: SIGSEGV, with the registers as far as they were restored. */
  bad?: boolean;
  /** The processor refuses to go on where the frame says: the error code of its protection fault. */
  refused?: number | undefined;
}

export const BAD_FRAME: FrameReturn = { bad: true };

export interface LinuxFrames extends SignalFrames {
  /** rt_sigreturn: the loaded thread's registers become what the frame at its SP says. `old`: i386's other frame, by sigreturn. */
  sigreturn(thread: Thread, old: boolean): FrameReturn;
}
