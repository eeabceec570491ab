/**
 * Heaps that a program damages: it ends with STATUS_HEAP_CORRUPTION, which vectored handlers alone are told of, or, in a
 * 32-bit program of a subsystem below 6, the call fails ("Brief Q&A on the HeapEnableTerminationOnCorruption flag", The Old New
 * Thing; RtlReportCriticalFailure, as crash handlers describe it).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../../platforms/toolchain/cc.js';
import { runProgram } from '../../guests/harness.js';
import { missingToolchain } from '../../missing.js';
import { needing } from '../../needs.js';
import { codes, root } from './guest.js';

const scratch = mkdtempSync(join(tmpdir(), 'heap-damage-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

const CORRUPTION = /^STATUS_HEAP_CORRUPTION \(0xC0000374\) at /;
const VIOLATION = /^STATUS_ACCESS_VIOLATION \(0xC0000005\) reading /;
const DAMAGED = [
  ...['double-free', 'double-free-later', 'inside', 'odd', 'stack', 'data', 'realloc-freed', 'realloc-data', 'smashed', 'smashed-realloc'],
  ...['overflow', 'overflow-next', 'used-after', 'heapfree-twice', 'wrong-heap', 'no-heap', 'local-twice', 'aligned-plain', 'caught'],
];
/** Where there is no memory, the library meets that before it finds no block. */
const UNREADABLE = ['large-twice', 'unmapped', 'no-heap-unmapped', 'aligned'];

async function build(code: string, name: string): Promise<string> {
  const output = join(scratch, `${name}-${code}.exe`);
  const source = join(root, 'test', 'platforms', 'windows', 'programs', 'heap-damage.c');
  await compile({ platform: code, sources: [source], output, flags: ['-O1', '-w'], noMps: true });
  return output;
}

for (const code of codes) {
  const when = needing(missingToolchain(code));
  let path = '';
  when(`${code}: what is right goes on, and the run-time's blocks are the process heap's`, async (t) => {
    path = await build(code, 'damage');
    const run = runProgram(path, code, { args: ['fine'] });
    t.is(run.stdout, '1 1\n1\n0 7 1\n0 0\n');
    t.deepEqual(run.status, { kind: 'exit', code: 0 });
  });

  when(`${code}: damage ends the program, and no frame handler is asked`, async (t) => {
    path ||= await build(code, 'damage');
    for (const name of DAMAGED) {
      const { stdout, status } = runProgram(path, code, { args: [name] });
      t.is(stdout, '', name);
      t.like(status, { kind: 'signal', signal: 6 }, name);
      t.regex('text' in status ? status.text : '', CORRUPTION, name);
    }
  });

  when(`${code}: an address where there is no memory is an access violation`, async (t) => {
    path ||= await build(code, 'damage');
    for (const name of UNREADABLE) {
      const { stdout, status } = runProgram(path, code, { args: [name] });
      t.is(stdout, '', name);
      t.like(status, { kind: 'signal', signal: 11 }, name);
      t.regex('text' in status ? status.text : '', VIOLATION, name);
    }
  });

  when(`${code}: vectored handlers are told, and cannot change it`, async (t) => {
    path ||= await build(code, 'damage');
    const { stdout, status } = runProgram(path, code, { args: ['vectored'] });
    t.is(stdout, 'vectored 0xc0000374, flags 1\n');
    t.regex('text' in status ? status.text : '', CORRUPTION);
  });
}

needing(missingToolchain('w3i3mv'))('w3i3mv: a program for an old subsystem goes on, but for HeapFree with an error', async (t) => {
  const path = await build('w3i3mv', 'old');
  const file = readFileSync(path);
  const subsystemVersion = file.readUInt32LE(0x3c) + 24 + 48;
  t.is(file.readUInt16LE(subsystemVersion), 6);
  file.writeUInt16LE(5, subsystemVersion);
  writeFileSync(path, file);
  for (const name of ['double-free', 'inside', 'data', 'smashed', 'heapfree-twice']) {
    const { stdout, status } = runProgram(path, 'w3i3mv', { args: [name] });
    t.regex(stdout, name === 'heapfree-twice' ? /^went on, error 87\n$/ : /^went on/, name);
    t.deepEqual(status, { kind: 'exit', code: 0 }, name);
  }
});
