/** What the calls of XNU's BSD half share. */
import type { FileKernel } from '../../posix/kernel/kernel.js';
import type { MacKernel } from '../kernel.js';
import type { MacLayout } from '../layout.js';

export interface MacBsd extends FileKernel {
  readonly layout: MacLayout;
  readonly mach: MacKernel;
  random(length: number): Uint8Array;
}
