/** Who called: past calls that don't return, tail calls and signal frames, on every platform, optimised or not. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { compile } from '../../platforms/toolchain/cc.js';
import { root } from '../guests/harness.js';
import { missingToolchain, needing } from '../needs.js';
import { death } from './death.js';

const work = mkdtempSync(join(tmpdir(), 'backtraces-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const source = (name: string): string => join(root, 'test', 'machine', 'guests', name);
const lineOf = (name: string, mark: string): number =>
  readFileSync(source(name), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(`/* ${mark} */`)) + 1;

/** The program's own functions that a report names, innermost first, with their lines where they have one: 'die:12'. */
function calls(report: string[], program: string): string[] {
  return report.slice(1).flatMap((line) => {
    const found = new RegExp(`^(?:called from|interrupting) ${program}!(\\w+)[.\\w]*\\+0x[0-9a-f]+(?: \\(.*:(\\d+)\\))?$`).exec(line);
    return found ? [found[2] === undefined ? found[1] : `${found[1]}:${found[2]}`] : [];
  });
}

/** Called by the C library's start, which is in the program too. */
const beforeMain = /^(__mpsemu_start|_start|mainCRTStartup)/;

async function build(code: string, name: string, flags: string[]): Promise<string> {
  const path = join(work, `${code}-${name.replace('.c', '')}${flags.join('')}`);
  await compile({ platform: code, sources: [source(name)], output: path, flags: ['-g', '-w', ...flags] });
  return path;
}

for (const { code, cpu, compiler } of platforms) {
  needing(missingToolchain(code))(`${code}: a call that doesn't return is of the function that made it`, async (t) => {
    const at = (mark: string): number => lineOf('no-return.c', mark);
    const expected: [string, string[]][] = [
      ['a', [`die:${at('ABORTS')}`, `main:${at('MAIN a')}`]],
      ['m', [`fatal:${at('FATAL ABORTS')}`, `middle:${at('CALLS FATAL')}`, `main:${at('MAIN m')}`]],
      ['s', [`checks:${at('ASSERTS')}`, `main:${at('MAIN s')}`]],
      ['x', [`fatal:${at('FATAL ABORTS')}`, `at_end:${at('EXIT HANDLER')}`]],
      ['d', [`main:${at('MAIN d')}`]],
      ['j', [`fatal:${at('FATAL ABORTS')}`, `main:${at('MAIN j')}`]],
      ['t', [`main:${at('MAIN t')}`]],
      ['w', [`wild:${at('WILD')}`, `main:${at('MAIN w')}`]],
    ];
    for (const flags of [['-O0'], ['-O1'], ['-O2'], ['-O2', '-fomit-frame-pointer']]) {
      const path = await build(code, 'no-return.c', flags);
      for (const [how, known] of expected) {
        const functions = [...known];
        const report = await death(path, code, { argv: [how] });
        const own = calls(report, path.split('/').at(-1) ?? '').filter((each) => !beforeMain.test(each));
        const about = `${flags.join(' ')} ${how}\n${report.join('\n')}`;
        // The function that a tail call has left is there without optimisation alone.
        const shown = how === 't' ? own.filter((each) => !each.startsWith('tail:')) : how === 'x' ? own.slice(0, 2) : own;
        // clang's for ARM64 keeps the return address of a function that never returns nowhere.
        if (cpu === 'arm64' && compiler === 'clang' && flags.length > 1 && how === 'm') functions.pop();
        // Calls that the compiler has made one of have no line.
        t.is(shown.length, functions.length, about);
        functions.forEach((wanted, i) => t.true(shown[i] === wanted || shown[i] === wanted.split(':')[0], about));
      }
    }
  });
}

for (const { code, os } of platforms.filter((platform) => platform.os !== 'windows')) {
  needing(missingToolchain(code))(`${code}: what a signal interrupted is found behind its frame`, async (t) => {
    const at = (mark: string): number => lineOf('signals.c', mark);
    for (const flags of [['-O0'], ['-O2', '-fno-optimize-sibling-calls']]) {
      const path = await build(code, 'signals.c', flags);
      for (const how of ['r', 'f', 'ra', 'fa']) {
        const report = await death(path, code, { argv: [how] });
        const about = `${flags.join(' ')} ${how}\n${report.join('\n')}`;
        const own = calls(report, path.split('/').at(-1) ?? '').filter((each) => !beforeMain.test(each));
        const deep = [`deep:${at('DEEPEST')}`, `deep:${at('DEEPER')}`, `deep:${at('DEEPER')}`];
        const inner = `inner:${at(how.startsWith('r') ? 'RAISES' : 'FAULTS')}`;
        t.deepEqual(own.slice(0, 3), [`in_handler:${at('DIES')}`, `handler:${at('HANDLER')}`, inner], about);
        // Recursion may be unrolled.
        if (flags[0] === '-O0') t.deepEqual(own.slice(3), [...deep, `main:${at('MAIN')}`], about);
        else t.is(own.at(-1), `main:${at('MAIN')}`, about);
        const [, , , trampoline, interrupted] = report;
        const name = { linux: /!__(kernel_(rt_)?sigreturn|restore_rt)$/, freebsd: /!sigcode\+/, macos: /!_sigtramp\+/ }[os as 'linux'];
        t.regex(trampoline, name, about);
        t.is(interrupted.startsWith('interrupting '), how.startsWith('f'), about);
      }
    }
  });
}
