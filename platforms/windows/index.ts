/** Windows, native: w3i3mv and w3i6mv. */
import type { OsDefinition } from '../os.js';
import { HOST_IMAGE } from './host-images.js';
import { Windows } from './windows.js';

export const windows: OsDefinition = {
  name: 'windows',
  versions: ['10'],
  quirks: {},
  processOptions(platform) {
    const wide = platform.cpu === 'x86-64';
    return {
      cpu: platform.cpu,
      pageSize: platform.pageSize,
      abi: platform.abi,
      // Where system libraries lie, in the upper part of the user's address space.
      gates: { base: wide ? 0x7ffb00000000 : 0x77000000, size: 0x100000, library: HOST_IMAGE },
      selectors: wide
        ? { cs: 0x33, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0x53, gs: 0x2b }
        : { cs: 0x1b, ss: 0x23, ds: 0x23, es: 0x23, fs: 0x3b, gs: 0 },
    };
  },
  create: (context) => new Windows(context),
};
