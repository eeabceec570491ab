/** The machine's own C library as an oracle: small C programs, compiled and run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileOracle, runOracle } from '../../oracle.js';

/** Run `body` as main's; its output by lines that end in \x01. */
export function runNative(body: string): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'clib-'));
  try {
    const source = join(directory, 'a.c');
    const headers = ['stdio', 'stdlib', 'string', 'math', 'stdint', 'stddef', 'time', 'errno', 'inttypes', 'wchar']
      .map((h) => `#include <${h}.h>`)
      .join('\n');
    writeFileSync(source, `#define _GNU_SOURCE\n${headers}\nint main(void) {\n${body}\nreturn 0; }\n`);
    const program = join(directory, 'a');
    compileOracle('lii6gc', [source], program, ['-O0', '-fno-builtin', '-U_FORTIFY_SOURCE', '-frounding-math']);
    return runOracle('lii6gc', program).split('\x01').slice(0, -1);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A double as a C expression with the same bits. */
export function cDouble(value: number): string {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0];
  return `(union { uint64_t u; double d; }){0x${bits.toString(16)}u}.d`;
}

export function cString(text: string): string {
  return `"${[...text].map((c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`).join('')}"`;
}
