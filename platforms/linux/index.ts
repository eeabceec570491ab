/** Linux (IA-32 on a 64-bit kernel, x86-64, ARM64) with glibc. */
import type { OsDefinition } from '../os.js';
import { EXECUTE_ONLY } from './faults.js';
import { linuxLayouts } from './layout.js';
import { Linux } from './linux.js';

export const linux: OsDefinition = {
  name: 'linux',
  versions: ['6.18'],
  quirks: {
    [EXECUTE_ONLY]:
      'pages of PROT_EXEC alone can be run but not read, as on processors with memory protection keys (x86: si_code SEGV_PKUERR) or enhanced PAN (ARM64); off: what can be run can be read',
    'suspend-finished-thread-hangs':
      'the collector waits for ever when it suspends a registered thread that has ended (glibc 2.34 and newer: pthread_kill succeeds); off: the thread counts as dead',
  },
  processOptions: (platform) => ({
    cpu: platform.cpu,
    pageSize: platform.pageSize,
    abi: platform.abi,
    gates: linuxLayouts[platform.cpu].gates,
    ...(platform.cpu === 'ia32' && { selectors: { cs: 0x23, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0, gs: 0x63 } }),
    ...(platform.cpu === 'x86-64' && { selectors: { cs: 0x33, ss: 0x2b, ds: 0, es: 0, fs: 0, gs: 0 } }),
  }),
  create: (context) => new Linux(context),
};
