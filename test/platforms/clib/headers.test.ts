/** What our C headers declare, every platform has; and each host function's signature is that of its prototype. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseImage } from '../../../emulator/loader/load.js';
import { Process } from '../../../emulator/process/process.js';
import { projectRoot, systems } from '../../../platforms/boot/boot.js';
import { cLibrary } from '../../../platforms/clib/index.js';
import { platforms, type Platform } from '../../../platforms/codes.js';
import { includeFlags, prototypes } from '../../../platforms/toolchain/prototypes.js';
import { missingToolchain, needing } from '../../needs.js';
import { targetOf } from '../../../platforms/toolchain/targets.js';

const headers = ['stdio', 'stdlib', 'time', 'math', 'locale', 'inttypes', 'assert', 'errno', 'string'];

/** Every host function of the platform's C library and OS, by name. */
function hostFunctions(p: Platform): Map<string, { signature: string; mine: boolean }> {
  const process = new Process({ ...systems[p.os].processOptions(p), seed: 0 });
  const options = { argv: ['x'], env: [], seed: 0, quirks: [], directories: [], output() {}, input: () => new Uint8Array(0) };
  const os = systems[p.os].create({ platform: p, process, options });
  process.os = os;
  const found = new Map<string, { signature: string; mine: boolean }>();
  const system = os.libraries();
  for (const { functions } of cLibrary({ platform: p, process, os, options, system }))
    for (const fn of functions) found.set(fn.name, { signature: fn.signature, mine: true });
  for (const { functions } of system) for (const fn of functions) found.set(fn.name, { signature: fn.signature, mine: false });
  process.close();
  return found;
}

/** Names that the guest half of the library exports. */
function guestNames(p: Platform): Set<string> {
  const directory = join(projectRoot(), 'fixtures', 'guest', 'built', p.code);
  const names = new Set<string>();
  for (const file of existsSync(directory) ? readdirSync(directory, { withFileTypes: true }) : []) {
    if (!file.isFile() || /\.(lib|lines)$/.test(file.name)) continue;
    for (const name of parseImage(readFileSync(join(directory, file.name)), file.name).exports.keys()) names.add(name);
  }
  return names;
}

/** Size and kind of a C type: what matters to a convention. */
function kindOf(type: string, p: Platform): string {
  const word = `i${8 * p.wordSize}`;
  const long = p.os === 'windows' ? 'i32' : word;
  const plain = type
    .replace(/\b(const|volatile|extern|struct|signed|restrict|_Noreturn)\b/g, ' ')
    .replace(/__attribute__\s*\(\(\w+\)\)/g, '')
    .trim();
  if (/[*[(]/.test(plain)) return word;
  const words = plain.split(/\s+/).filter((w) => w !== 'unsigned');
  const text = words.join(' ').replace(/( |^)int( |$)/, '$1int$2');
  const table: Record<string, string> = {
    '': 'i32',
    int: 'i32',
    char: 'i32',
    'long long': 'i64',
    'long long int': 'i64',
    long,
    'long int': long,
    size_t: word,
    double: 'double',
    float: 'float',
    'long double': 'long double',
    void: 'void',
    va_list: 'va_list',
    __builtin_va_list: 'va_list',
    div_t: '{i32i32}',
    ldiv_t: `{${long}${long}}`,
    lldiv_t: '{i64i64}',
    off_t: p.os === 'linux' ? word : 'i64',
    intmax_t: 'i64',
    uintmax_t: 'i64',
    imaxdiv_t: '{i64i64}',
    time_t: p.os === 'windows' ? 'i64' : p.os === 'freebsd' && p.wordSize === 4 ? 'i32' : word,
    clock_t: p.os === 'windows' ? 'i32' : p.os === 'freebsd' && p.wordSize === 8 ? 'i32' : word,
  };
  return table[text] ?? `? ${text}`;
}

function kindOfLetter(signature: string, p: Platform): string {
  const word = `i${8 * p.wordSize}`;
  const long = p.os === 'windows' ? 'i32' : word;
  const letters: Record<string, string> = {
    v: 'void',
    i: 'i32',
    u: 'i32',
    l: long,
    L: long,
    p: word,
    z: word,
    q: 'i64',
    Q: 'i64',
    f: 'float',
    d: 'double',
    D: 'long double',
    V: 'va_list',
    '.': '...',
  };
  return [...signature]
    .map((c) => letters[c] ?? c)
    .join(' ')
    .replace(/\{ (.*?) \}/g, (_all, members: string) => `{${members.replaceAll(' ', '')}}`);
}

function splitArguments(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let current = '';
  for (const c of text) {
    if (c === ',' && depth === 0) {
      out.push(current.trim());
      current = '';
      continue;
    }
    if (c === '(') depth++;
    if (c === ')') depth--;
    current += c;
  }
  if (current.trim() !== '' && current.trim() !== 'void') out.push(current.trim());
  return out;
}

/** `int abs(int value)`: the argument's name goes, the type stays. */
function argumentKind(text: string, p: Platform): string {
  if (text === '...') return '...';
  const unnamed = /[*([]/.test(text)
    ? text
    : text.replace(/\s+\w+$/, (name) => (/^\s+(int|long|char|double|float|unsigned)$/.test(name) ? name : ''));
  return kindOf(unnamed, p);
}

for (const p of platforms) {
  needing(missingToolchain(p.code))(`${p.code}: declared is there, and has the declared signature`, async (t) => {
    const target = targetOf(p);
    const host = hostFunctions(p);
    const guest = guestNames(p);
    const missing = (await prototypes(p))
      .filter(({ name, library }) => library === 'c' && name !== 'void' && !host.has(name) && !guest.has(name) && !guest.has(`_${name}`))
      .map(({ name }) => name);
    t.deepEqual(missing, []);
    const directory = mkdtempSync(join(tmpdir(), 'headers-'));
    try {
      const source = join(directory, 'a.c');
      writeFileSync(source, headers.map((h) => `#include <${h}.h>\n`).join(''));
      const { stdout } = spawnSync(target.compiler, [...(await includeFlags(target)), ...target.flags, '-E', '-P', source], {
        encoding: 'utf8',
      });
      let compared = 0;
      for (const [, result, name, list] of stdout.matchAll(/^([\w *]+?[ *])(\w+)\((.*?)\)(?: __attribute__\(\(.*\)\))?;$/gm)) {
        const fn = host.get(name);
        if (!fn?.mine || /typedef/.test(result)) continue;
        const declared = `${kindOf(result, p)} ( ${splitArguments(list)
          .map((a) => argumentKind(a, p))
          .join(' ')} )`.replace('(  )', '( )');
        t.is(kindOfLetter(fn.signature, p), declared, name);
        compared++;
      }
      t.true(compared > 100, `${compared} prototypes compared`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}
