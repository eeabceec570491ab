/** Signal frames of FreeBSD by CPU. */
import type { Process } from '../../emulator/process/process.js';
import type { SignalTraits } from '../posix/traits.js';
import type { FreeBsdFrames } from './frame.js';
import { FrameAmd64 } from './frame-amd64.js';
import { FrameI386 } from './frame-i386.js';
import type { FreeBsdLayout } from './layout.js';

export function freebsdFrames(process: Process, traits: SignalTraits, layout: FreeBsdLayout): FreeBsdFrames {
  return process.cpu === 'ia32' ? new FrameI386(process, traits, layout) : new FrameAmd64(process, traits, layout);
}
