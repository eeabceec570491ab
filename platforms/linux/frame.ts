/** What a signal frame of Linux is on every CPU. */
import type { Thread } from '../../emulator/process/thread.js';
import type { SignalFrames } from '../posix/signal-frames.js';
import type { SignalSet } from '../posix/signal-set.js';

export interface LinuxFrames extends SignalFrames {
  /**
   * rt_sigreturn: the loaded thread's registers become what the frame at its SP says. The mask to restore,
   * or undefined where the frame is bad (the thread gets SIGSEGV). `old`: i386's other frame, by sigreturn.
   */
  sigreturn(thread: Thread, old: boolean): SignalSet | undefined;
}
