/** The machine's own C library as an oracle: small C programs, compiled and run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Is there a compiler, and is its C library glibc? */
export const nativeWorks =
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  spawnSync('gcc', ['-E', '-'], { input: '#include <features.h>\n#ifndef __GLIBC__\n#error\n#endif\n' }).status === 0;

/** Run `body` as main's; its output by lines that end in \x01. */
export function runNative(body: string): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'clib-'));
  try {
    const source = join(directory, 'a.c');
    const headers = ['stdio', 'stdlib', 'string', 'math', 'stdint', 'stddef', 'time', 'errno', 'inttypes', 'wchar']
      .map((h) => `#include <${h}.h>`)
      .join('\n');
    writeFileSync(source, `#define _GNU_SOURCE\n${headers}\nint main(void) {\n${body}\nreturn 0; }\n`);
    execFileSync('gcc', ['-w', '-O0', '-fno-builtin', '-U_FORTIFY_SOURCE', '-frounding-math', '-o', join(directory, 'a'), source, '-lm'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return execFileSync(join(directory, 'a'), { encoding: 'latin1', maxBuffer: 1 << 26 })
      .split('\x01')
      .slice(0, -1);
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
