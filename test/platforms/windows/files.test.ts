/** Files of Windows programs on the host: what is left there at the end, and that nothing outside of a grant is reached. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../../platforms/toolchain/cc.js';
import { runProgram } from '../../guests/harness.js';
import { missingToolchain } from '../../missing.js';
import { needing } from '../../needs.js';
import { codes, root } from './guest.js';

const scratch = mkdtempSync(join(tmpdir(), 'windows-files-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

const built = new Map<string, Promise<string>>();

function build(code: string): Promise<string> {
  const output = join(scratch, `file-ends-${code}.exe`);
  const sources = [join(root, 'test', 'platforms', 'windows', 'programs', 'file-ends.c')];
  const made = built.get(code) ?? compile({ platform: code, sources, output, flags: ['-O1', '-w'], noMps: true }).then(() => output);
  built.set(code, made);
  return made;
}

/** What the program does at last, and how that ends it. */
const ENDS = [
  ['exit', 'exit'],
  ['close', 'exit'],
  ['crash', 'signal'],
  ['loop', 'budget'],
] as const;

const REFUSED = `
RemoveDirectoryA("C:\\\\granted") 0 5
MoveFileA("C:\\\\granted", "C:\\\\other") 0 5
CreateDirectoryA("C:\\\\granted", 0) 0 183
CreateDirectoryA("C:\\\\other", 0) 0 5
DeleteFileA("C:\\\\granted") 0 5
create("C:\\\\other.txt", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE 0 5
create("C:\\\\granted\\\\..\\\\other.txt", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE 0 5
create("C:\\\\granted\\\\link", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE 0 5
CopyFileA("C:\\\\granted\\\\link", "C:\\\\granted\\\\copy", TRUE) 0 5
GetFileAttributesA("C:\\\\granted\\\\link") != INVALID_FILE_ATTRIBUTES 0 5
create("C:\\\\granted\\\\inside", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE 1 0
.
..
inside
`.trimStart();

for (const code of codes) {
  const when = needing(missingToolchain(code));
  for (const [how, kind] of ENDS) {
    when(`${code}: views reach their file and deleted files are gone (${how})`, async (t) => {
      const path = await build(code);
      const host = mkdtempSync(join(scratch, 'granted-'));
      const { stdout, status } = runProgram(path, code, { args: [how], directories: [{ host, guest: 'C:\\files' }], budget: 3_000_000 });
      t.is(stdout, '1 1\n');
      t.is(status.kind, kind);
      t.deepEqual(readdirSync(host), ['mapped']);
      const bytes = readFileSync(join(host, 'mapped'));
      t.is(bytes.length, 10000);
      t.is(bytes.toString('latin1', 9000, 9008), 'written\0');
    });
  }

  when(`${code}: a granted directory's own entry, and what lies beside it, are not the guest's`, async (t) => {
    const path = await build(code);
    const outside = mkdtempSync(join(scratch, 'outside-'));
    const host = join(outside, 'granted');
    mkdirSync(host);
    writeFileSync(join(outside, 'secret'), 'untouched');
    symlinkSync(join(outside, 'secret'), join(host, 'link'));
    const { stdout } = runProgram(path, code, { args: ['grant'], directories: [{ host, guest: 'C:\\granted' }] });
    t.is(stdout, REFUSED);
    t.deepEqual(readdirSync(outside).sort(), ['granted', 'secret']);
    t.is(readFileSync(join(outside, 'secret'), 'latin1'), 'untouched');
    t.true(existsSync(join(host, 'inside')));
  });

  when(`${code}: without a grant there are no files`, async (t) => {
    const { stdout } = runProgram(await build(code), code, { args: ['none'] });
    t.regex(stdout, /^create\("file".* 0 5\ncreate\("C:\\\\file".* 0 3\ncreate\("C:\\\\directory.* 0 3\n$/);
  });
}
