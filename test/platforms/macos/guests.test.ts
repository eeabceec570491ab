/** Guests that make macOS's own calls and look at what it writes. What they print is what the C programs in guests/ say of it. */
import test from 'ava';
import { gunzipSync } from 'node:zlib';
import { startMachine, type MachineOptions } from '../../../machine/machine.js';
import type { ExitStatus } from '../../../emulator/process/os-model.js';
import { guests } from './guests.js';

function run(name: string, options: Partial<MachineOptions> = {}, args: string[] = []): { status: ExitStatus; lines: string[] } {
  const out: Uint8Array[] = [];
  const machine = startMachine({
    path: name,
    bytes: new Uint8Array(gunzipSync(Buffer.from(guests[name], 'base64'))),
    code: name.slice(0, 6),
    argv: [name, ...args],
    env: [],
    seed: 1,
    quirks: [],
    directories: [],
    variety: 'cool',
    scan: [],
    budget: 50_000_000,
    output: (_stream, bytes) => void out.push(bytes.slice()),
    input: () => new Uint8Array(0),
    ...options,
  });
  try {
    const status = machine.process.run();
    return { status, lines: Buffer.concat(out).toString().trimEnd().split('\n') };
  } finally {
    machine.process.close();
  }
}

for (const code of ['xci6ll', 'xca6ll']) {
  const arm = code === 'xca6ll';
  test(`${code}: a program serves its own exceptions by request 2407 and reply 2507`, (t) => {
    for (let seed = 0; seed < 5; seed++) {
      const { status, lines } = run(`${code}-exceptions`, { seed });
      t.deepEqual(lines, ['old ports 1 first 0', 'page[5] 2 served 1 code 2 offset 5 in main 1', 'page[6] 7 served 2']);
      t.deepEqual(status, { kind: 'exit', code: 0 });
    }
  });

  test(`${code}: an exception whose server declines becomes a signal`, (t) => {
    const { status } = run(`${code}-exceptions`, {}, ['decline']);
    t.is(status.kind, 'signal');
    t.is(status.kind === 'signal' && status.signal, 10);
    t.regex(status.kind === 'signal' ? status.text : '', /SIGBUS.*protected/);
  });

  test(`${code}: thread_suspend, thread_get_state, thread_set_state, messages, thread-local variables`, (t) => {
    for (let seed = 0; seed < 5; seed++) {
      const { lines } = run(`${code}-threads`, { seed });
      t.deepEqual(lines, [
        'not suspended 5',
        `held 1 count ${arm ? 68 : 42} register 1234 small 4`,
        'on its stack 1 not on ours 1',
        "result 41 main's 42 locals 41 dead 37",
        'empty 10004003',
        'message 77 size 32 body 5 6',
      ]);
    }
  });

  test(`${code}: signal frames, alternate stacks, masks; SIGBUS for protection, SIGSEGV for nothing there`, (t) => {
    const { status, lines } = run(`${code}-signals`);
    t.deepEqual(lines, [
      `signal 10 code ${arm ? 1 : 2} offset 9 masked 1 mcsize ${arm ? 816 : 712} saved mask 20000000 on alternate 1`,
      arm ? 'esr 9200004f same address 1' : 'trap 14 err 6 same address 1',
      'page[9] 4 hits 1 kept 30',
      'mask 20000000',
      `rwx ${arm ? 0 : 1}`,
      `signal 11 code ${arm ? 2 : 1} address 0x40`,
    ]);
    t.deepEqual(status, { kind: 'exit', code: 3 });
  });
}

for (const code of ['xci6ll', 'xca6ll']) {
  test(`${code}: an exception in a callback from the collector is served at once`, (t) => {
    const { status, lines } = run(`${code}-callback`);
    t.deepEqual(lines, ['scanning']);
    t.is(status.kind === 'signal' && status.signal, 11);
    t.regex(status.kind === 'signal' ? status.text : '', /read from 0x48, which is not mapped, at xc.6ll-callback!scan/);
  });
}

test('the hardened runtime refuses writable and executable memory on x86-64 too', (t) => {
  const { lines } = run('xci6ll-signals', { quirks: ['hardened-runtime'] });
  t.true(lines.includes('rwx 0'));
});

test('a run repeats exactly', (t) => {
  t.deepEqual(run('xci6ll-threads', { seed: 9 }), run('xci6ll-threads', { seed: 9 }));
});
