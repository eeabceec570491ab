/**
 * What the UCRT refuses ("Parameter Validation" in its documentation, and each function's "Remarks"): errno and the handler,
 * or the end of the program by __fastfail; and its limit of streams (_setmaxstdio).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../../platforms/toolchain/cc.js';
import { runProgram } from '../../guests/harness.js';
import { missingToolchain } from '../../missing.js';
import { needing } from '../../needs.js';
import { codes, root } from './guest.js';

const scratch = mkdtempSync(join(tmpdir(), 'invalid-parameters-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

async function build(code: string): Promise<string> {
  const output = join(scratch, `invalid-parameters-${code}.exe`);
  const source = join(root, 'test', 'platforms', 'windows', 'programs', 'invalid-parameters.c');
  await compile({ platform: code, sources: [source], output, flags: ['-O1', '-w'], noMps: true });
  return output;
}

const HANDLED = `
none before 1
is set 1
fclose((FILE *)no) -1 told 1 errno 22
fputc('x', (FILE *)no) -1 told 1 errno 22
fgetc((FILE *)no) -1 told 1 errno 22
feof((FILE *)no) 0 told 1 errno 22
fseek((FILE *)no, 0, 0) -1 told 1 errno 22
ftell((FILE *)no) -1 told 1 errno 22
fprintf((FILE *)no, "x") -1 told 1 errno 22
fwrite("x", 1, 1, (FILE *)no) 0 told 1 errno 22
fopen(no, "r") != 0 0 told 1 errno 22
fopen("x", no) != 0 0 told 1 errno 22
fopen("x", "q") != 0 0 told 1 errno 22
fopen("", "r") != 0 0 told 0 errno 22
puts(no) -1 told 1 errno 22
fputs(no, stdout) -1 told 1 errno 22
fgets(no, 8, stdin) != 0 0 told 1 errno 22
fgets(text, -1, stdin) != 0 0 told 1 errno 22
fread(no, 1, 1, stdin) 0 told 1 errno 22
fwrite(no, 1, 1, stdout) 0 told 1 errno 22
printf(no) -1 told 1 errno 22
snprintf(no, 3, four) -1 told 1 errno 22
snprintf(no, 0, four) 4 told 0 errno 0
_msize(no) -1 told 1 errno 22
_aligned_malloc(10, 3) != 0 0 told 1 errno 22
_expand(no, 3) != 0 0 told 1 errno 22
_setmaxstdio(2) -1 told 1 errno 22
_setmaxstdio(8193) -1 told 1 errno 22
fclose((FILE *)no) -1 told 0 errno 22
the thread's was told 1
`;

const STREAMS = `
in a row 1
most 512
opened 500 errno 24
another 0 errno 24
after one is closed 1
fewer than are open -1
more 2048 2048
opened 2036
`;

for (const code of codes) {
  const when = needing(missingToolchain(code));
  when(`${code}: a handler is told, and the function fails`, async (t) => {
    const { stdout, status } = runProgram(await build(code), code, { args: ['handled'] });
    // _msize fails with all ones, which are as many as a pointer has.
    t.is(stdout, HANDLED.trimStart().replace('_msize(no) -1', code === 'w3i3mv' ? '_msize(no) 4294967295' : '_msize(no) -1'));
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });

  when(`${code}: without a handler the program ends`, async (t) => {
    const path = await build(code);
    for (const name of ['null', 'mode', 'aligned', 'text']) {
      const { status } = runProgram(path, code, { args: [name] });
      t.like(status, { kind: 'signal', signal: 6 }, name);
      t.regex('text' in status ? status.text : '', /^STATUS_STACK_BUFFER_OVERRUN \(0xC0000409\) at /, name);
    }
  });

  when(`${code}: a FILE where there is no memory is an access violation`, async (t) => {
    const { status } = runProgram(await build(code), code, { args: ['unreadable'] });
    t.regex('text' in status ? status.text : '', /^STATUS_ACCESS_VIOLATION \(0xC0000005\) reading 0x10 /);
  });

  when(`${code}: 512 streams, and as many as were asked for`, async (t) => {
    const { stdout } = runProgram(await build(code), code, { args: ['streams'] });
    t.is(stdout, STREAMS.trimStart());
  });
}
