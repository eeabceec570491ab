/** The x86-64 guests again under Wine, another implementation of the same interface, where it is installed: line by line the same, but for what is named here. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { needing } from '../../needs.js';
import { compile, missing, run } from './guest.js';
import { there } from '../../there.js';

const wine = ['/usr/lib/wine/wine64', '/usr/bin/wine64'].find((path) => existsSync(path));
const reason = missing ?? (wine ? undefined : 'Wine is not installed');

/** The guests whose output is the same on every run of a real scheduler. Where Wine differs from Windows, from the Windows documentation, or has a scheme of its own inside an opaque word. */
const differences: Record<string, string[]> = {
  memory: ['write-protected-buffer', 'free-again'],
  exceptions: ['overflow:', 'record-at'],
};

const check = needing(reason, test.serial);
const prefix = mkdtempSync(join(tmpdir(), 'windows-wine-'));
test.after.always(() => rmSync(prefix, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 }));
for (const [name, different] of Object.entries(differences)) {
  check(`Wine agrees: ${name}`, (t) => {
    const path = compile('w3i6mv', name);
    const ours = run('w3i6mv', path).output.trim().split('\n');
    let output: string;
    try {
      output = execFileSync(there(wine), [path], {
        env: { ...process.env, WINEPREFIX: prefix, WINEDEBUG: '-all' },
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 240_000,
      }).toString();
    } catch (error) {
      // The guests end with statuses of their own.
      output = (error as { stdout: Buffer }).stdout.toString();
    }
    const theirs = output.trim().split(/\r?\n/);
    const compared = (lines: string[]): string[] => lines.filter((line) => !different.includes(line.split(' ')[0]));
    t.deepEqual(compared(theirs), compared(ours));
  });
}
