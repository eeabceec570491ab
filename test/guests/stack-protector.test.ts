/**
 * -fstack-protector-strong: a damaged canary ends the program as each C library ends it. Linux is compared with this
 * machine's glibc; FreeBSD's and macOS's ends are those of their sources (platforms/posix/stack-protector.ts).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platforms } from '../../platforms/codes.js';
import { missingToolchain, needing } from '../needs.js';
import { compileOracle, missingOracle } from '../oracle.js';
import { compileSource } from './compile.js';
import { root, runProgram } from './harness.js';

const protect = ['-fstack-protector-strong'];
const posix = platforms.filter((p) => p.os !== 'windows');
const ways = ['n', 'h', 'b', 'l'];
const source = join(root, 'test', 'guests', 'sources', 'smashed.c');
/** Of the BSDs: what each way of meeting SIGABRT ends in. */
const bsd = {
  freebsd: { n: 6, h: 6, b: 'exit 127', l: 6 },
  macos: { n: 6, h: 6, b: 6, l: 6 },
} as const;

interface End {
  stdout: string;
  stderr: string;
  end: string;
}

/** Each way, by glibc for this CPU. */
function native(code: string): End[] {
  const directory = mkdtempSync(join(tmpdir(), 'smashed-'));
  try {
    const program = join(directory, 'smashed');
    compileOracle(code, [source], program, protect);
    const command = code.startsWith('lia6') ? ['qemu-aarch64', program] : [program];
    return ways.map((way) => {
      const { status, signal, stdout, stderr } = spawnSync(command[0], [...command.slice(1), way], { encoding: 'utf8', cwd: directory });
      const own = stderr.replace(/^qemu: .*\n/gm, '');
      return { stdout, stderr: own, end: signal === null ? `exit ${status}` : signal };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function emulated(code: string, flags: string[]): Promise<End[]> {
  const path = await compileSource(code, 'smashed.c', [...protect, ...flags]);
  return ways.map((way) => {
    const { status, stdout, stderr } = runProgram(path, code, { args: [way] });
    const end = status.kind === 'signal' && status.signal === 6 ? 'SIGABRT' : status.kind === 'exit' ? `exit ${status.code}` : status.kind;
    return { stdout, stderr, end };
  });
}

for (const { code, os } of posix) {
  const oracle = `${code.slice(0, 4)}gc`;
  const missing = missingToolchain(code) ?? (os === 'linux' ? missingOracle(oracle) : undefined);
  needing(missing)(`${code}: a smashed stack ends the program as its C library does`, async (t) => {
    const expected =
      os === 'linux'
        ? native(oracle)
        : ways.map((way) => {
            const end = bsd[os === 'macos' ? 'macos' : 'freebsd'][way as 'n'];
            return { stdout: '97\n', stderr: '', end: typeof end === 'number' ? 'SIGABRT' : end };
          });
    t.deepEqual(await emulated(code, []), expected);
    // Position-independent code calls by other names on IA-32.
    t.deepEqual(await emulated(code, ['-fPIC']), expected);
  });

  needing(missingToolchain(code))(`${code}: the canary`, async (t) => {
    const path = await compileSource(code, 'canary.c');
    const of = (seed: number): string[] => runProgram(path, code, { seed }).stdout.split('\n');
    const [first, again, other] = [of(1), of(1), of(2)];
    t.deepEqual(first, again);
    t.not(first[1], other[1]);
    t.not(first[1], '0');
    // Only FreeBSD's is wholly random.
    t.regex(first[0], os === 'freebsd' ? /^same \d+$/ : /^same 0$/);
  });
}
