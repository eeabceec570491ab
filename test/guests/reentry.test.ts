/**
 * Callbacks that call the MPS back. Where they may not the original notices that the thread has the arena's lock already
 * (lockix.c: an error-checking mutex; lockw3.c: the count of claims), and the handler of the assertion has the word. What
 * nests without end runs out of stack, at a depth that doesn't depend on the host's.
 */
import test from 'ava';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';
import { missingToolchain, needing } from '../needs.js';

const LOCKED = /^ArenaEnterLock: (res == 0|lock->claims == 0)$/m;

for (const code of ['w3i3mv', 'w3i6mv', 'lii6ll', 'xca6ll']) {
  const check = needing(missingToolchain(code), test.serial);

  for (const from of ['scan', 'skip', 'root']) {
    for (const what of ['collect', 'reserve']) {
      check(`${what} called from ${from} finds the lock taken on ${code}`, async (t) => {
        const { status, stdout } = runProgram(await compileSource(code, 'reentry.c'), code, {
          args: [from, what],
          variety: 'hot',
          budget: 20_000_000,
        });
        // Its handler returns, so it goes on where it must not: it may get through, and may for ever fail again.
        t.true(['exit', 'budget', 'signal'].includes(status.kind), JSON.stringify(status));
        if (from !== 'scan') t.regex(stdout.replaceAll('\r', ''), LOCKED);
      });
    }
  }

  check(`an assertion handler that fails an assertion, and so on, is out of stack on ${code}`, async (t) => {
    const { status } = runProgram(await compileSource(code, 'reentry.c'), code, { args: ['handler', 'wild'], variety: 'hot' });
    // SIGSEGV, as which a stack overflow counts on Windows, too.
    t.is(status.kind === 'signal' && status.signal, 11);
  });
}
