/**
 * The filter of unhandled exceptions (SetUnhandledExceptionFilter): EXCEPTION_CONTINUE_EXECUTION goes on, EXCEPTION_EXECUTE_HANDLER
 * unwinds all frames before the process ends, EXCEPTION_CONTINUE_SEARCH ends it there. As Wine does too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../../platforms/toolchain/cc.js';
import { runProgram } from '../../guests/harness.js';
import { missingToolchain } from '../../missing.js';
import { needing } from '../../needs.js';
import { codes, root } from './guest.js';

const scratch = mkdtempSync(join(tmpdir(), 'unhandled-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

const ON_MAIN = 'm';
const ON_THREAD = 't';
const ON_FIBER = 'f';
/** The program's own: the filter faults itself. */
const FAULT = '5';
const SIGABRT = 6;
const SIGSEGV = 11;

for (const code of codes) {
  needing(missingToolchain(code))(`${code}: what the filter of unhandled exceptions answers`, async (t) => {
    const output = join(scratch, `unhandled-${code}.exe`);
    const source = join(root, 'test', 'platforms', 'windows', 'programs', 'unhandled.c');
    await compile({ platform: code, sources: [source], output, flags: ['-O1', '-w'], noMps: true });
    for (const where of [ON_MAIN, ON_THREAD, ON_FIBER]) {
      const run = (answer: string) => runProgram(output, code, { args: [where, answer] });
      const on = run('-1');
      t.is(on.stdout, `filter\non\ndone\nend ${where === ON_THREAD ? 4 : 0}\n`, where);
      t.deepEqual(on.status, { kind: 'exit', code: 0 }, where);
      const handled = run('1');
      t.is(handled.stdout, 'filter\nleft\n', where);
      t.like(handled.status, { kind: 'signal', signal: SIGABRT }, where);
      const searched = run('0');
      t.is(searched.stdout, 'filter\n', where);
      t.like(searched.status, { kind: 'signal', signal: SIGABRT }, where);
      const faulted = run(FAULT);
      t.is(faulted.stdout, 'filter\n', where);
      t.like(faulted.status, { kind: 'signal', signal: SIGSEGV }, where);
    }
  });
}
