/**
 * Pinning is real: what only a register or a stack slot refers to keeps its place, because the collector found it
 * there: in the jmp_buf or the stack of the collecting thread, in the OS's own context structure of a suspended one.
 * And what is in none of these is lost, on exactly the platforms where it is.
 * Source of the structures' sizes and of what they hold: platforms/codes.ts.
 */
import test from 'ava';
import { platforms, type Platform } from '../../platforms/codes.js';
import { compileSource } from './compile.js';
import { runFixture, runProgram } from './harness.js';
import { missingToolchain, needing } from '../needs.js';
import { there } from '../there.js';

const numbered = (first: number, last: number): string[] => Array.from({ length: last - first + 1 }, (_, i) => `x${first + i}`);

/** The general registers that a suspended thread's context holds, without SP and PC. ARM64: x18 is the platform's. */
const general: Record<Platform['cpu'], string[]> = {
  ia32: 'eax ecx edx ebx esi edi ebp'.split(' '),
  'x86-64': 'rax rcx rdx rbx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15'.split(' '),
  arm64: [...numbered(0, 17), ...numbered(19, 30)],
};

/** What a call preserves, without the frame pointer, which some C libraries disguise in a jmp_buf. */
function preserved({ cpu, os }: Platform): string[] {
  if (cpu === 'ia32') return ['ebx', 'esi', 'edi'];
  if (cpu === 'arm64') return numbered(19, 28);
  return ['rbx', 'r12', 'r13', 'r14', 'r15', ...(os === 'windows' ? ['rsi', 'rdi'] : [])];
}

/** x29 and x30 go by the names of their roles in some structures. */
const plain = (name: string): string => ({ fp: 'x29', lr: 'x30' })[name] ?? name;

for (const platform of platforms) {
  const { code, cpu } = platform;

  test.serial(`what pins on ${code}: registers and slots by name, out of the OS's context structure`, (t) => {
    const { status, stdout, events } = runFixture(code, 'pinning', { events: ['nail', 'suspend', 'context-read'] });
    t.deepEqual(status, { kind: 'exit', code: 0 }, stdout);
    const nails = events.filter((e) => e.event === 'nail');
    const collector = there(events.find((e) => e.event === 'context-read')).of;
    const own = new Set(nails.filter((n) => n.of === collector).map((n) => n.by));
    for (const name of preserved(platform)) t.true(own.has(name), `${name} of the collecting thread: ${[...own].join(' ')}`);
    t.true([...own].some((name) => name.startsWith('[')));
    const others = nails.filter((n) => n.of !== collector);
    const pinnedBy = new Map<string, Set<number>>();
    for (const { of, by, address } of others) {
      const key = `${of} ${plain(by)}`;
      pinnedBy.set(key, (pinnedBy.get(key) ?? new Set()).add(address));
    }
    const places = [...pinnedBy.keys()].map((key) => key.split(' ')[1]);
    t.deepEqual(places.filter((name) => !name.startsWith('[')).sort(), [...general[cpu]].sort());
    t.is(places.filter((name) => name.startsWith('[')).length, 1, 'one slot');
    for (const [key, addresses] of pinnedBy) t.is(addresses.size, 1, `${key} keeps its object where it is, collection after collection`);
    // The structure that is scanned is the OS's own, whole.
    const size = Number(there(/(\d+) bytes/.exec(platform.contextHolds))[1]);
    const contexts = events.filter((e) => e.event === 'context-read').filter((e) => e.kind === 'registers' && e.of !== collector);
    t.true(contexts.length >= 3 * general[cpu].length);
    for (const { base, limit } of contexts) t.is(limit - base, size);
  });

  test.serial(`without the scan of registers, or of stacks, objects are lost on ${code}`, (t) => {
    const without = (testHooks: { noRegisterScan?: boolean; noStackScan?: boolean }): string[] => {
      const { status, stdout } = runFixture(code, 'pinning', { testHooks, args: ['-v'] });
      t.false(status.kind === 'exit' && status.code === 0, stdout);
      const lost = [...stdout.matchAll(/^pinning: (\w+): the object is gone/gm)].map((match) => match[1]);
      // Nothing is claimed of the collecting thread's frame pointer: where the jmp_buf hides it, a frame on the stack may show it.
      return lost.filter((name) => !['rbp', 'ebp', 'x29'].includes(name) || testHooks.noRegisterScan);
    };
    const registers = without({ noRegisterScan: true });
    for (const name of general[cpu]) t.true(registers.includes(name), `${name} of ${registers.join(' ')}`);
    for (const name of preserved(platform))
      t.is(registers.filter((each) => each === name).length, 2, `${name}, of the collecting and of a suspended thread`);
    t.false(registers.includes('slot'));
    t.deepEqual(without({ noStackScan: true }), ['slot', 'slot']);
  });

  const check = needing(missingToolchain(code), test.serial);
  check(`what is lost on ${code}: vector registers and the words below SP`, async (t) => {
    const { status, stdout, stderr } = runProgram(await compileSource(code, 'visibility.c'), code);
    t.deepEqual(status, { kind: 'exit', code: 0 }, stdout + stderr);
    const vectors = code.startsWith('lia6') || code.startsWith('fri');
    t.regex(stdout, new RegExp(`^vector register of a suspended thread: object ${vectors ? 'kept' : 'lost'}, word intact`, 'm'));
    // Below SP nothing is scanned. (But Linux on ARM64 puts the signal frame right there, and what was in the place of
    // its reserved area, which is scanned with the structure, stays.) Where the ABI has a red zone, its words come through.
    const below = code.startsWith('lia6') ? 'kept' : 'lost';
    t.regex(
      stdout,
      new RegExp(`^word below the stack pointer of a suspended thread: object ${below}${platform.redZone > 0 ? ', word intact' : ''}`, 'm'),
    );
    // ARM64 d8 to d15, and xmm6 to xmm15 of Windows x64, are in the jmp_buf.
    const saved = /^callee-saved vector register of the collecting thread: (.*?)\r?$/m.exec(stdout)?.[1];
    t.is(saved, cpu === 'arm64' || code === 'w3i6mv' ? 'object kept, word intact' : undefined);
  });
}
