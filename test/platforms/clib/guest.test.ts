/** The C library from compiled programs, on every platform. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platforms, type Platform } from '../../../platforms/codes.js';
import { compile } from '../../../platforms/toolchain/cc.js';
import { missingToolchain, needing } from '../../needs.js';
import { root, runProgram, type Outcome, type RunOptions } from '../../guests/harness.js';

/** Compile a program of `guests` and run it. */
async function run(p: Platform, source: string, options: RunOptions = {}): Promise<Outcome & { directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'guest-'));
  try {
    const output = join(directory, p.os === 'windows' ? 'a.exe' : 'a');
    await compile({ platform: p.code, sources: [join(root, 'test', 'platforms', 'clib', 'guests', source)], output, flags: ['-O1'] });
    const outcome = runProgram(output, p.code, {
      ...options,
      directories: [{ host: directory, guest: p.os === 'windows' ? 'D:\\data' : '/data' }],
    });
    return {
      ...outcome,
      directory: (() => {
        try {
          return readFileSync(join(directory, 'out.txt'), 'latin1');
        } catch {
          return '';
        }
      })(),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

for (const p of platforms) {
  needing(missingToolchain(p.code))(`${p.code}: streams, files, numbers, time, exit`, async (t) => {
    let input = '42 answer\nsecond line\n';
    const outcome = await run(p, 'streams.c', {
      env: ['NAME=value'],
      input: (length) => {
        const bytes = Buffer.from(input.slice(0, length));
        input = input.slice(length);
        return bytes;
      },
    });
    t.deepEqual(outcome.status, { kind: 'exit', code: 300 & 0x7f }, outcome.stderr);
    t.is(outcome.stdout, 'to stdout 1\nno newline at the endsecond registered\nfirst registered\n');
    t.is(outcome.stderr, 'to stderr\nperror: No such file or directory\n');
    t.is(outcome.directory, '002.2|abc\n');
  });

  needing(missingToolchain(p.code))(`${p.code}: a failed assertion aborts, through the handler of SIGABRT`, async (t) => {
    const outcome = await run(p, 'assertion.c');
    t.is(outcome.stdout, 'handler 1\n');
    t.is(outcome.stderr.match(/argc == 2/g)?.length, 1, outcome.stderr);
    t.like(outcome.status, { kind: 'signal', signal: 6 });
  });
}

for (const p of platforms.filter(({ os }) => os !== 'windows')) {
  needing(missingToolchain(p.code))(
    `${p.code}: library functions fault on a protected page, and go on when the handler has mended it`,
    async (t) => {
      const outcome = await run(p, 'protected-page.c', { input: (length) => Buffer.from('wxyz'.slice(0, length)) });
      t.is(outcome.stdout, '<hidden>\n9 5 4 wxyz 3\n-1\n', JSON.stringify(outcome.status) + outcome.stderr);
    },
  );
}

needing(missingToolchain('w3i6mv'))('Windows: raise calls the handler and comes back', async (t) => {
  for (const p of platforms.filter(({ os }) => os === 'windows')) {
    const outcome = await run(p, 'raise.c');
    t.is(outcome.stdout, 'handler 15\n0\n');
    t.deepEqual(outcome.status, { kind: 'exit', code: 3 });
  }
});
