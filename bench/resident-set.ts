/** Loaded before a command that is measured: prints its peak resident set as it ends. */
if (process.env.MPSEMU_RESIDENT_SET) {
  process.on('exit', () => process.stdout.write(`\nresident-set-kb=${process.resourceUsage().maxRSS}\n`));
}
