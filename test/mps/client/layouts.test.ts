/** The layouts of structures shared with guests, against what a compiler makes of mps.h. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layoutsFor } from '../../../mps/client/layouts.js';
import { platforms } from '../../../platforms/codes.js';
import { needing } from '../../needs.js';
import { there } from '../../there.js';

let root = dirname(fileURLToPath(import.meta.url));
while (!existsSync(join(root, 'package.json'))) root = dirname(root);
const headers = join(root, 'fixtures', 'guest', 'include');

const triples: Record<string, string> = {
  w3i3mv: 'i686-pc-windows-msvc',
  w3i6mv: 'x86_64-pc-windows-msvc',
  lii3gc: 'i686-linux-gnu',
  lii6gc: 'x86_64-linux-gnu',
  lii6ll: 'x86_64-linux-gnu',
  lia6gc: 'aarch64-linux-gnu',
  lia6ll: 'aarch64-linux-gnu',
  fri3gc: 'i386-unknown-freebsd13',
  fri3ll: 'i386-unknown-freebsd13',
  fri6gc: 'x86_64-unknown-freebsd13',
  fri6ll: 'x86_64-unknown-freebsd13',
  xci6ll: 'x86_64-apple-macos11',
  xca6ll: 'arm64-apple-macos11',
};

function findClang(): string | undefined {
  return ['clang', 'clang-14'].find((name) => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const structs = {
  ap: ['mps_ap_s', { init: 'init', alloc: 'alloc', limit: 'limit' }],
  ss: ['mps_ss_s', { zs: '_zs', w: '_w', ufs: '_ufs' }],
  ld: ['mps_ld_s', { epoch: '_epoch', rs: '_rs' }],
  scanTag: ['mps_scan_tag_s', { mask: 'mask', pattern: 'pattern' }],
  genParam: ['mps_gen_param_s', { capacity: 'mps_capacity', mortality: 'mps_mortality' }],
  arg: ['mps_arg_s', { key: 'key', val: 'val' }],
  fmtA: ['mps_fmt_A_s', { align: 'align', scan: 'scan', skip: 'skip', copy: 'copy', fwd: 'fwd', isfwd: 'isfwd', pad: 'pad' }],
  fmtB: ['mps_fmt_B_s', { class: 'mps_class' }],
  fmtAutoHeader: [
    'mps_fmt_auto_header_s',
    { align: 'align', scan: 'scan', skip: 'skip', fwd: 'fwd', isfwd: 'isfwd', pad: 'pad', headerSize: 'mps_headerSize' },
  ],
  fmtFixed: ['mps_fmt_fixed_s', { align: 'align', scan: 'scan', fwd: 'fwd', isfwd: 'isfwd', pad: 'pad' }],
  sac: ['_mps_sac_s', { middle: '_middle', trapped: '_trapped', freelists: '_freelists' }],
  sacFreelist: ['_mps_sac_freelist_block_s', { blockSize: '_size', count: '_count', countMax: '_count_max', blocks: '_blocks' }],
  sacClass: ['mps_sac_class_s', { blockSize: 'mps_block_size', cachedCount: 'mps_cached_count', frequency: 'mps_frequency' }],
  debugOption: [
    'mps_pool_debug_option_s',
    { fenceTemplate: 'fence_template', fenceSize: 'fence_size', freeTemplate: 'free_template', freeSize: 'free_size' },
  ],
} as const;

const clang = findClang();

for (const platform of platforms) {
  const check = needing(clang === undefined ? 'clang is not installed' : undefined);
  check(`a compiler for ${platform.code} lays the structures of mps.h out as we read them`, (t) => {
    const layouts = layoutsFor(platform) as unknown as Record<string, Record<string, number>>;
    const lines = ['#include "mps.h"', '#define AT(s, f, n) _Static_assert(__builtin_offsetof(struct s, f) == n, #s "." #f)'];
    for (const [name, [tag, fields]] of Object.entries(structs)) {
      const layout = layouts[name];
      if ('size' in layout) lines.push(`_Static_assert(sizeof(struct ${tag}) == ${layout.size}, "size of ${tag}");`);
      for (const [field, member] of Object.entries(fields)) lines.push(`AT(${tag}, ${member}, ${layout[field]});`);
    }
    const directory = mkdtempSync(join(tmpdir(), 'layouts-'));
    try {
      const source = join(directory, 'layouts.c');
      writeFileSync(source, `${lines.join('\n')}\n`);
      execFileSync(
        there(clang),
        [
          `--target=${triples[platform.code]}`,
          '-std=c11',
          '-fsyntax-only',
          '-ffreestanding',
          '-nostdlibinc',
          '-isystem',
          headers,
          '-I',
          headers,
          source,
        ],
        {
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      t.pass();
    } catch (error) {
      t.fail(String((error as { stderr?: Buffer }).stderr ?? error));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}
