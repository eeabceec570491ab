/** Signal frames, siginfo and machine contexts, compared field by field with those of a real kernel (ARM64: QEMU's user mode). */
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { bootGuest, missingGuest, runNative } from '../posix/guest.js';

const probes = { lii6gc: 'frame-x86-64.c', lii3gc: 'frame-ia32.c', lia6gc: 'frame-arm64.c' };

for (const [code, probe] of Object.entries(probes)) {
  needing(missingGuest(code) ?? missingOracle(code))(`${code}: frames are those of the native kernel`, (t) => {
    const source = `linux/guests/${probe}`;
    const native = runNative(code, source);
    const guest = bootGuest(code, source);
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    t.true(native.split('\n').length > 100);
    // QEMU shows SS_DISABLE and SS_ONSTACK in uc_stack; kernels show the flags that sigaltstack was given.
    const lines = (text: string): string[] => text.split('\n').filter((line) => code !== 'lia6gc' || !line.startsWith('stack flags'));
    t.deepEqual(lines(guest.output()), lines(native));
  });
}
