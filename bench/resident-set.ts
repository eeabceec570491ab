/**
 * Loaded before a command that is measured: prints its peak resident set as it ends (VmHWM,
 * which starts anew at exec; the rusage figure would count the parent that it was forked from).
 */
import { readFileSync } from 'node:fs';

if (process.env.MPSEMU_RESIDENT_SET) {
  process.on('exit', () => {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    process.stdout.write(`\nresident-set-kb=${kilobytes}\n`);
  });
}
