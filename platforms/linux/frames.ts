/** Signal frames of Linux by CPU. */
import type { Process } from '../../emulator/process/process.js';
import type { SignalTraits } from '../posix/traits.js';
import type { LinuxFrames } from './frame.js';
import { FrameArm64 } from './frame-arm64.js';
import { FrameI386 } from './frame-i386.js';
import { FrameX64 } from './frame-x86-64.js';
import type { VdsoCode } from './vdso.js';

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
