/** FreeBSD (IA-32 and x86-64) with libthr. */
import type { OsDefinition } from '../os.js';
import { PROT_FAULT_SIGBUS } from './faults.js';
import { FreeBsd } from './freebsd.js';
import { HANDLER_SELECTORS } from './frame-amd64.js';
import { freebsdLayouts, type FreeBsdCpu } from './layout.js';

export const freebsd: OsDefinition = {
  name: 'freebsd',
  versions: ['14.0'],
  quirks: {
    [PROT_FAULT_SIGBUS]:
      'a protection fault is SIGBUS with the trap number as code (sysctl machdep.prot_fault_translation=1; FreeBSD before 7): barriers then kill the program',
    'suspend-finished-thread-hangs':
      'the collector waits for ever when it suspends a registered thread that has ended; off: the thread counts as dead (libthr: ESRCH)',
  },
  processOptions: (platform) => ({
    cpu: platform.cpu,
    pageSize: platform.pageSize,
    abi: platform.abi,
    gates: freebsdLayouts[platform.cpu as FreeBsdCpu].gates,
    selectors: platform.cpu === 'ia32' ? { cs: 0x33, ss: 0x3b, ds: 0x3b, es: 0x3b, fs: 0x3b, gs: 0x1b } : HANDLER_SELECTORS,
  }),
  create: (context) => new FreeBsd(context),
};
