/** A folder to compile in as a C programmer does: `mpsemu cc`, the tools beside it, and what they make. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { root } from '../guests/harness.js';
import { mpsemu } from './command.js';

const [node, ...words] = mpsemu;
const project = join(root, 'test', 'platforms', 'toolchain', 'project');
const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-cc-test-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

interface Options {
  input?: string;
  path?: string;
  cwd?: string;
}

/** A folder of its own with the project in it, and its own temporary folder beside. */
export class Folder {
  readonly path = mkdtempSync(join(scratch, 'folder-'));
  readonly temporary = mkdtempSync(join(scratch, 'temporary-'));
  constructor(readonly platform: string) {
    cpSync(project, this.path, { recursive: true });
  }

  run(command: string, args: string[], { input = '', path, cwd = this.path }: Options = {}): Promise<Result> {
    return new Promise((resolve) => {
      const env = { ...process.env, TMPDIR: this.temporary, LC_ALL: 'C', ...(path !== undefined && { PATH: path }) };
      const child = spawn(command, args, { cwd, env });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
      child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
      // It may have ended without reading.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      child.on('close', (status) => resolve({ status, stdout, stderr }));
    });
  }

  /** The command as a list of words. */
  command(args: string[]): string[] {
    return [node, ...words, ...args];
  }

  mpsemu(args: string[], options: Options = {}): Promise<Result> {
    return this.run(node, [...words, ...args], options);
  }

  cc(args: string[], options: Options = {}): Promise<Result> {
    return this.mpsemu(['cc', '--platform', this.platform, ...args], options);
  }

  /** Standard output of a guest program that ends with status 0. */
  async output(t: ExecutionContext, program: string): Promise<string> {
    const { status, stdout, stderr } = await this.mpsemu(['run', program, '--platform', this.platform]);
    t.is(status, 0, stderr);
    return stdout.replaceAll('\r\n', '\n');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }
}
