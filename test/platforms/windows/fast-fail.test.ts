/** int 29h with each kind of code ("__fastfail", winnt.h's FAST_FAIL_…): STATUS_STACK_BUFFER_OVERRUN, and no handler is asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../../platforms/toolchain/cc.js';
import { runProgram } from '../../guests/harness.js';
import { missingToolchain } from '../../missing.js';
import { needing } from '../../needs.js';
import { codes, root } from './guest.js';

const scratch = mkdtempSync(join(tmpdir(), 'fast-fail-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** FAST_FAIL_LEGACY_GS_VIOLATION, …CORRUPT_LIST_ENTRY, …INVALID_ARG, …FATAL_APP_EXIT, and none that is defined. */
const FAST_FAILS = ['0', '3', '5', '7', '12345'];

for (const code of codes) {
  needing(missingToolchain(code))(`${code}: __fastfail ends the program whatever handlers there are`, async (t) => {
    const output = join(scratch, `fast-fail-${code}.exe`);
    const source = join(root, 'test', 'platforms', 'windows', 'programs', 'fast-fail.c');
    await compile({ platform: code, sources: [source], output, flags: ['-O1', '-w', '-g'], noMps: true });
    for (const kind of FAST_FAILS) {
      const { stdout, status } = runProgram(output, code, { args: [kind] });
      t.is(stdout, '', kind);
      t.like(status, { kind: 'signal', signal: 6 }, kind);
      t.regex('text' in status ? status.text : '', /^STATUS_STACK_BUFFER_OVERRUN \(0xC0000409\) at .*fail/, kind);
    }
  });
}
