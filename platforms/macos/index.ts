/** macOS on x86-64 and ARM64. */
import type { OsDefinition } from '../os.js';
import { macLayout } from './layout.js';
import { MacOs } from './macos.js';

export const macos: OsDefinition = {
  name: 'macos',
  versions: ['14'],
  quirks: {
    'hardened-runtime':
      'memory can’t be writable and executable at once (EACCES) on x86-64 too, as for programs with the hardened runtime; always so on ARM64',
  },
  processOptions: (platform) => ({
    cpu: platform.cpu,
    pageSize: platform.pageSize,
    abi: platform.abi,
    gates: macLayout(platform.cpu).gates,
    // Of CR0 osfmk/x86_64/start.s sets PG and WP, and nobody AM.
    alignmentChecks: false,
    ...(platform.cpu === 'x86-64' && { selectors: { cs: 0x2b, ss: 0x23, ds: 0x23, es: 0x23, fs: 0, gs: 0, other: 0x1b } }),
  }),
  create: (context) => new MacOs(context),
};
