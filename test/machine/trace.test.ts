/** What a reader of a trace gets: names, lines, hexadecimal addresses, modules; and the same bytes each time. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { CodePlace } from '../../emulator/process/code-names.js';
import { eventSchema } from '../../machine/events.js';
import { startMachine } from '../../machine/machine.js';
import { TraceLines } from '../../machine/trace-line.js';
import { platforms } from '../../platforms/codes.js';
import { fixturePath, root } from '../guests/harness.js';
import { there } from '../there.js';

type Line = Record<string, unknown> & { event: keyof typeof eventSchema; pc: string; function?: string; line?: string };

/** The lines of a run of the fixture `barriers`, which writes to old objects first. */
function trace(code: string): { lines: Line[]; digest: string } {
  const path = fixturePath(code, 'barriers');
  const hash = createHash('sha256');
  const lines: Line[] = [];
  const machine = startMachine({
    path,
    bytes: readFileSync(path),
    code,
    argv: ['barriers', 'write'],
    env: [],
    seed: 0,
    variety: 'hot',
    scan: [],
    quirks: [],
    directories: [],
    output: () => undefined,
    input: () => new Uint8Array(0),
    listen(events, names) {
      const made = new TraceLines(names);
      events.listen((event) => {
        const text = made.text(event);
        hash.update(`${text}\n`);
        lines.push(JSON.parse(text) as Line);
      });
    },
  });
  machine.process.run();
  machine.finish();
  machine.process.close();
  return { lines, digest: hash.digest('hex') };
}

const source = readFileSync(join(root, 'fixtures', 'programs', 'barriers.c'), 'utf8').split('\n');
const lineOf = (text: string): string => `fixtures/programs/barriers.c:${source.findIndex((line) => line.includes(text)) + 1}`;

for (const { code } of platforms) {
  test(`${code}: functions, lines and modules; addresses are hexadecimal; the same bytes twice`, (t) => {
    const { lines, digest } = trace(code);
    const program = code.startsWith('w3') ? 'barriers.exe' : 'barriers';
    const modules = lines.filter((line) => line.event === 'module-load');
    t.true(lines[0] === modules[0] && String(modules[0].path).endsWith(`/${program}`) && modules[0].by === 'the command line');
    t.true(modules.slice(1).some((line) => /libc|libSystem|ucrt/i.test(String(line.path)) && line.by === program));
    const plain = lines.filter((line) =>
      [['pc', { kind: 'code' }] as const, ...Object.entries(eventSchema[line.event].details)].some(
        ([name, { kind }]) => /^(address|code)$/.test(kind) && line[name] !== undefined && !/^0x[0-9a-f]+$/.test(String(line[name])),
      ),
    );
    t.deepEqual(plain, []);
    // Stores of the program into old objects, at the very lines that make them.
    const writes = lines.filter((line) => line.event === 'fault' && line.function?.startsWith(`${program}!write_vectors+0x`));
    t.true(writes.length > 5, `${writes.length} writes`);
    const stores = [lineOf('->slots[slot] = node;'), lineOf('->expected[slot] = value;')];
    for (const { line, pc } of writes) {
      t.true(stores.includes(there(line)), `${line}`);
      t.true(modules.some(({ base, limit }) => Number(base) <= Number(pc) && Number(pc) < Number(limit)));
    }
    const created = there(lines.find((line) => line.event === 'arena-create'));
    t.regex(there(created.function), /!mps_arena_create_k$/);
    t.is(trace(code).digest, digest);
  });
}

test('what is known of code goes beside it, and what is not is left out', (t) => {
  const places = new Map<number, CodePlace>([
    [0x1000, { module: 'prog', function: 'main', offset: 16, source: { file: 'a.c', line: 3 } }],
    [0x2000, { module: 'prog', offset: 4096 }],
  ]);
  const lines = new TraceLines({ find: (address) => places.get(address) });
  const signal = { t: 5, thread: 2, event: 'signal', to: 2, signal: 'SIGSEGV', code: 2, address: 0xffff_ffff_f000 } as const;
  t.is(
    lines.text({ ...signal, pc: 0x2000, handler: 0x1000 }),
    '{"t":5,"thread":2,"pc":"0x2000","function":"prog+0x1000","event":"signal","to":2,"signal":"SIGSEGV","code":2,' +
      '"address":"0xfffffffff000","handler":"0x1000","handlerFunction":"prog!main+0x10","handlerLine":"a.c:3"}',
  );
  t.is(
    lines.text({ ...signal, pc: 0x1000, handler: 0x3000, address: undefined }),
    '{"t":5,"thread":2,"pc":"0x1000","function":"prog!main+0x10","line":"a.c:3","event":"signal","to":2,"signal":"SIGSEGV","code":2,' +
      '"handler":"0x3000"}',
  );
});
