/** Signal frames of Linux by CPU. */
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { SignalFrames } from '../posix/signal-frames.js';
import type { SignalSet } from '../posix/signal-set.js';
import type { SignalTraits } from '../posix/traits.js';
import { FrameArm64 } from './frame-arm64.js';
import { FrameI386 } from './frame-i386.js';
import { FrameX64 } from './frame-x86-64.js';
import type { VdsoCode } from './vdso.js';

export interface LinuxFrames extends SignalFrames {
  /**
   * rt_sigreturn: the loaded thread's registers become what the frame at its SP says. The mask to restore,
   * or undefined where the frame is bad (the thread gets SIGSEGV). `old`: i386's other frame, by sigreturn.
   */
  sigreturn(thread: Thread, old: boolean): SignalSet | undefined;
}

export function linuxFrames(process: Process, traits: SignalTraits, vdso: VdsoCode): LinuxFrames {
  switch (process.cpu) {
    case 'ia32':
      return new FrameI386(process, traits, vdso);
    case 'x86-64':
      return new FrameX64(process, traits);
    case 'arm64':
      return new FrameArm64(process, traits, vdso);
  }
}
