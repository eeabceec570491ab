/** The TypeScript example of the README, as it stands there: it compiles under `strict`, runs, and does what is said of it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root } from '../guests/harness.js';
import { there } from '../there.js';

test("the README's example compiles and runs", (t) => {
  const [, source] = there(/```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')));
  // Inside the package, which may import itself by name.
  const directory = mkdtempSync(join(root, 'dist', 'readme-'));
  try {
    writeFileSync(join(directory, 'example.ts'), source);
    const node = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
      t.is(status, 0, stdout + stderr);
      return stdout;
    };
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node', '--skipLibCheck'];
    node(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...options, join(directory, 'example.ts'));
    const lines = node(join(directory, 'example.js')).trimEnd().split('\n');
    t.regex(lines.join('\n'), /^threads: checksum \d+ PASS$/m);
    // Virtual time, thread, register or stack slot, address; then the status and how many objects were pinned.
    const nails = lines.filter((line) => /^\d+ \d+ (x\d+|sp|fp|lr|\[.*\]) \d+$/.test(line));
    t.true(nails.length > 10, lines.slice(0, 20).join('\n'));
    const [, pinned] = /^\{ kind: 'exit', code: 0 \} (\d+)$/.exec(there(lines.at(-1))) ?? [];
    t.true(Number(pinned) > 10, lines.at(-1));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
