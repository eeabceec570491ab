/** The conventions against compilers: C functions run on the CPU, called by the host and calling it. */
import { needing } from '../../needs.js';
import fc from 'fast-check';
import type { Value, VarArgs } from '../../../emulator/abi/abi.js';
import { scalars, type Type } from '../../../emulator/abi/types.js';
import { toBytes } from '../../../emulator/abi/values.js';
import { CODE, GATE, IN, Machine, OUT, RETURN } from './machine.js';
import { compile, missingTarget, type Target } from './compile.js';
import { modelOf, sizeOf, typeOf, valueOf } from './values.js';
import { there } from '../../there.js';

const targets: Target[] = [
  { abi: 'sysv-i386', compiler: ['clang', '-target', 'i686-linux-gnu'] },
  { abi: 'sysv-i386', compiler: ['i686-linux-gnu-gcc'] },
  { abi: 'freebsd-i386', compiler: ['clang', '-target', 'i686-unknown-freebsd13'] },
  { abi: 'freebsd-i386', compiler: ['i686-linux-gnu-gcc', '-freg-struct-return'] },
  { abi: 'sysv-x86-64', compiler: ['clang', '-target', 'x86_64-linux-gnu'] },
  { abi: 'sysv-x86-64', compiler: ['clang', '-target', 'x86_64-apple-macos10.15'] },
  { abi: 'win64', compiler: ['clang', '-target', 'x86_64-pc-windows-msvc'] },
  { abi: 'cdecl', compiler: ['clang', '-target', 'i686-pc-windows-msvc'] },
  { abi: 'stdcall', compiler: ['clang', '-target', 'i686-pc-windows-msvc', '-DCALL=__stdcall'] },
  { abi: 'aapcs64', compiler: ['clang', '-target', 'aarch64-linux-gnu'] },
  { abi: 'aapcs64', compiler: ['aarch64-linux-gnu-gcc'] },
  { abi: 'apple-arm64', compiler: ['clang', '-target', 'arm64-apple-macos11'] },
];

const cType: Record<string, string> = {
  i: 'int',
  u: 'unsigned',
  l: 'long',
  L: 'unsigned long',
  p: 'void *',
  z: 'word',
  q: 'long long',
  Q: 'unsigned long long',
  f: 'float',
  d: 'double',
  D: 'long double',
};

interface Case {
  result: string;
  args: string[];
}

/** Slots of 128 bytes in the areas IN and OUT. */
const slot = (base: number, i: number) => base + 128 * i;

function source(cases: Case[], windows: boolean): string {
  const lines = [
    '#ifndef CALL',
    '#define CALL',
    '#endif',
    `typedef unsigned ${windows ? 'long long' : 'long'} word64; typedef __SIZE_TYPE__ word;`,
  ];
  cases.forEach(({ result, args }, n) => {
    const declare = (text: string, i: string): string => {
      if (!text.startsWith('{')) return text === 'v' ? 'void' : cType[text];
      lines.push(`struct s${n}_${i} { ${[...text.slice(1, -1)].map((m, k) => `${cType[m]} m${k};`).join(' ')} };`);
      return `struct s${n}_${i}`;
    };
    const r = declare(result, 'r');
    const types = args.map((arg, i) => declare(arg, `${i}`));
    const list = types.map((type, i) => `${type} a${i}`).join(', ') || 'void';
    lines.push(
      `${r} CALL f${n}(${list}) {`,
      ...types.map((type, i) => `  *(volatile ${type} *)${slot(OUT, i)}ul = a${i};`.replace('volatile struct', 'struct')),
      result === 'v' ? '}' : `  return *(${r} *)${slot(IN, 20)}ul; }`,
      `void g${n}(void) {`,
      `  ${result === 'v' ? '' : `*(${r} *)${slot(OUT, 20)}ul = `}(*(${r} (CALL **)(${types.join(', ') || 'void'}))${slot(IN, 30)}ul)(${types.map((type, i) => `*(${type} *)${slot(IN, i)}ul`).join(', ')}); }`,
    );
  });
  return lines.join('\n');
}

const scalar = fc.constantFrom('i', 'u', 'l', 'L', 'p', 'z', 'q', 'Q', 'f', 'd', 'D');
const mixed = fc.array(fc.constantFrom('i', 'p', 'q', 'f', 'd'), { minLength: 1, maxLength: 5 });
const uniform = fc.tuple(fc.constantFrom('f', 'd', 'D', 'i'), fc.integer({ min: 1, max: 5 })).map(([m, n]) => new Array<string>(n).fill(m));
const struct = fc.oneof(mixed, uniform).map((members) => `{${members.join('')}}`);
const type = fc.oneof({ weight: 2, arbitrary: scalar }, { weight: 1, arbitrary: struct });
const cases: Case[] = fc.sample(fc.record({ result: fc.oneof(type, fc.constant('v')), args: fc.array(type, { maxLength: 11 }) }), {
  numRuns: 150,
  seed: 7,
});

/** Only the bytes that mean something: no padding, ten bytes of an x87 long double. */
function significant(type: Type, bytes: Uint8Array, x87: boolean): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (const part of scalars(type)) {
    const size = x87 && part.type.kind === 'D' ? 10 : part.type.size;
    out.set(bytes.subarray(part.offset, part.offset + size), part.offset);
  }
  return out;
}

for (const target of targets) {
  const title = `${target.abi} by ${target.compiler.join(' ')}`;
  needing(missingTarget(target))(title, (t) => {
    const m = new Machine(target.abi);
    const model = modelOf(m.abi);
    const { code, symbols } = compile(target, source(cases, target.abi === 'win64'));
    m.load(code);
    let seed = 1;
    const next = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) ^ (seed >>> 13);
    const x87 = model.longDoubleFormat === 'x87';
    const bytesOf = (text: string, value: Value) => significant(typeOf(text, m.abi), toBytes(typeOf(text, m.abi), value, model), x87);
    const read = (text: string, address: number) => significant(typeOf(text, m.abi), m.memory.bytes(address, sizeOf(text, m.abi)), x87);
    // gcc returns a struct of one long double in st0 on FreeBSD, clang in memory; the convention here is clang's.
    const skip = (result: string) => target.abi === 'freebsd-i386' && target.compiler[0] !== 'clang' && result === '{D}';
    cases.forEach(({ result, args }, n) => {
      if (skip(result)) return;
      const text = `${result}(${args.join('')})`;
      const bound = m.abi.bind(text);
      const values = args.map((arg) => valueOf(arg, m.abi, next));
      const value = result === 'v' ? undefined : valueOf(result, m.abi, next);
      // The host calls the guest.
      m.reset();
      const sp = m.registers.get(m.abi.sp);
      if (result !== 'v') m.memory.write(slot(IN, 20), toBytes(typeOf(result, m.abi), value, model));
      bound.enter(m.registers, m.memory, CODE + there(symbols.get(`f${n}`)), values, RETURN);
      t.is(m.run(), RETURN, text);
      args.forEach((arg, i) => t.deepEqual(read(arg, slot(OUT, i)), bytesOf(arg, values[i]), `${text}: argument ${i} to the guest`));
      const got = bound.result(m.registers, m.memory);
      if (result !== 'v') t.deepEqual(bytesOf(result, got), bytesOf(result, value), `${text}: result of the guest`);
      // The guest calls the host, and finds its registers as it left them.
      m.reset();
      m.memory.setWord(slot(IN, 30), GATE);
      args.forEach((arg, i) => m.memory.write(slot(IN, i), toBytes(typeOf(arg, m.abi), values[i], model)));
      m.abi.bind('v()').enter(m.registers, m.memory, CODE + there(symbols.get(`g${n}`)), [], RETURN);
      t.is(m.run(), GATE, text);
      const received = bound.arguments(m.registers, m.memory);
      args.forEach((arg, i) => t.deepEqual(bytesOf(arg, received[i]), bytesOf(arg, values[i]), `${text}: argument ${i} to the host`));
      bound.returns(m.registers, m.memory, value);
      t.is(m.run(), RETURN, text);
      if (result !== 'v') t.deepEqual(read(result, slot(OUT, 20)), bytesOf(result, value), `${text}: result of the host`);
      t.true(m.registers.get(m.abi.sp) <= sp);
    });
    m.engine.close();
  });
}

/** Doubles and long doubles come from memory: constants would need relocations. */
const list = `1, D(2), -3ll, D(4), 5u, (word)6, 7l, D(8), L(9), 10, D(11), D(12), D(13), D(14), D(15), L(16), 17, (void *)18`;
const variadic = `
typedef __builtin_va_list va_list; typedef __SIZE_TYPE__ word;
#define D(n) ((volatile double *)${IN}ul)[n]
#define L(n) ((volatile long double *)${IN + 512}ul)[n]
void direct(void) { (*(int (**)(void *, double, ...))${slot(IN, 30)}ul)((void *)1, D(1), ${list}); }
void list(void *first, ...) {
  va_list ap;
  __builtin_va_start(ap, first);
  (*(int (**)(double, va_list))${slot(IN, 30)}ul)(D(1), ap);
  __builtin_va_end(ap);
}
void indirect(void) { (*(void (**)(void *, ...))${slot(IN, 31)}ul)((void *)1, ${list}); }`;

function readAll(r: VarArgs): unknown[] {
  return [
    r.int(),
    r.double(),
    r.longlong(),
    r.double(),
    r.unsigned(),
    r.word(),
    r.long(),
    r.double(),
    r.longdouble(),
    r.int(),
    r.double(),
    r.double(),
    r.double(),
    r.double(),
    r.double(),
    r.longdouble(),
    r.int(),
    r.pointer(),
  ];
}

for (const target of targets.filter((each) => each.abi !== 'stdcall')) {
  needing(missingTarget(target))(`variable arguments: ${target.abi} by ${target.compiler.join(' ')}`, (t) => {
    const m = new Machine(target.abi);
    const { code, symbols } = compile(target, variadic);
    m.load(code);
    const expected = [1, 2, -3n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
    for (const how of ['direct', 'indirect']) {
      m.reset();
      for (let i = 0; i < 20; i++) {
        m.memory.setF64(IN + 8 * i, i);
        m.memory.write(IN + 512 + sizeOf('D', m.abi) * i, toBytes(typeOf('D', m.abi), i, modelOf(m.abi)));
      }
      m.memory.setWord(slot(IN, 30), GATE);
      m.memory.setWord(slot(IN, 31), CODE + there(symbols.get('list')));
      m.abi.bind('v()').enter(m.registers, m.memory, CODE + there(symbols.get(how)), [], RETURN);
      t.is(m.run(), GATE);
      const bound = m.abi.bind(how === 'direct' ? 'i(pd.)' : 'i(dV)');
      const args = bound.arguments(m.registers, m.memory);
      t.is(args[how === 'direct' ? 1 : 0], 1);
      t.deepEqual(readAll(how === 'direct' ? bound.varargs(m.registers, m.memory) : (args[1] as VarArgs)), expected, how);
      bound.returns(m.registers, m.memory, 0);
      t.is(m.run(), RETURN);
    }
    m.engine.close();
  });
}
