/**
 * What libmps's _mps_fix2 does itself and what it leaves to the host, condition by condition: over descriptors that the
 * guest has made up (fixtures/guest/mps/descriptors.h), so that each condition stands alone. Expected values: an object
 * may be moved without the host if nothing but copying is needed (design of AMC's fix), and a check that would fail is
 * the host's to report.
 */
import { platforms } from '../../platforms/codes.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';
import { missingToolchain, needing } from '../needs.js';

const expected: [string, string][] = [
  ['0', 'moves'],
  ['scan.magic = 0', 'host'],
  // Not to the heap, unless there are chunks that are not in the table.
  ['heap.chunk.base += ALIGN', 'stays'],
  ['(heap.chunk.base += ALIGN, heap.arena.more_chunks = 1)', 'host'],
  ['allocated = 0', 'host'],
  ['tract.segment = NULL', 'stays'],
  ['white.white = 2', 'stays'],
  ['white.format = NULL', 'host'],
  ['white.protection = 2', 'host'],
  ['++object', 'host'],
  ['format.align_mask = 0', 'moves'],
  // What its new segment may refer to includes what its old one may.
  ['white.summary = 7', 'moves'],
  ['white.summary = 13', 'host'],
  ['target.summary = 3', 'host'],
  ['target.grey = 0', 'host'],
  ['(target.grey = 0, white.rank_set = 0)', 'moves'],
  ['white.grey = 2', 'host'],
  ['(white.grey = 2, target.grey = 3)', 'moves'],
  ['target.protection = 1', 'host'],
  ['buffer.limit = 0', 'host'],
  ['buffer.limit = buffer.alloc + SIZE * WORD', 'moves'],
  ['buffer.limit = buffer.alloc + SIZE * WORD - ALIGN', 'host'],
  // What a skip method says is checked.
  ['behind = object', 'host'],
  ['behind = object - SIZE', 'host'],
  ['behind = object + SIZE + 1', 'host'],
  ['behind = object + 8 * SIZE + 2', 'host'],
  ['white.limit = (word)(object + SIZE)', 'moves'],
  ['white.limit = (word)(object + SIZE - 2)', 'host'],
  // Nailed whole; then by a board: objects of two bits each.
  ['white.nailed = 1', 'host'],
  ['nail 0, 0', 'stays'],
  ['nail 1, 0', 'stays'],
  ['nail 2, 0', 'moves'],
  ['nail 1, white.interior = 0', 'moves'],
  ['nail 0, white.interior = 0', 'stays'],
  ['nail 0, white.nailed = 2', 'host'],
  ['nail 0, behind = object + SIZE + 1', 'host'],
];

for (const { code } of platforms) {
  const check = needing(missingToolchain(code));
  check(`what _mps_fix2 leaves to the host on ${code}`, async (t) => {
    const { stdout, status } = runProgram(await compileSource(code, 'fixing.c'), code);
    t.deepEqual(
      stdout.replaceAll('\r', '').trimEnd().split('\n'),
      expected.map(([change, outcome]) => `${change}: ${outcome}`),
    );
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });
}
