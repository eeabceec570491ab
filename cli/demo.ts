/**
 * `mpsemu demo`: the fixture programs on every platform, in one table. Each run
 * is a process of its own (`mpsemu run --report`), two at a time.
 */
import type { Report } from '../machine/report.js';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../platforms/boot/boot.js';
import { platforms, type Platform } from '../platforms/codes.js';
import { demoPrograms, type DemoProgram } from './demo-programs.js';
import { usageError } from './exit-status.js';
import { parseOptions } from './options.js';
import { Progress } from './progress.js';
import { table } from './table.js';
import { print } from './output-file.js';

const help = `usage: mpsemu demo [NAME]... [--json]

Run the fixture programs (list, trees, lisp, threads; or those named) on every platform, each
compiled by that platform's own compiler, and print what their collections did. A result is
checked against the same program's result worked out independently of any run.
`;

export interface DemoRow {
  platform: string;
  program: string;
  instructions: number;
  collections: number;
  moved: number;
  pinned: number;
  holder: string;
  faults: number;
  result: string;
  ok: boolean;
}

async function runOne({ code, programSuffix }: Platform, program: DemoProgram, scratch: string): Promise<DemoRow> {
  const root = projectRoot();
  const report = join(scratch, `${code}-${program.name}.json`);
  const file = join(root, 'fixtures', 'built', code, program.name + programSuffix);
  // The command itself, however it was started.
  const args = [...process.execArgv, process.argv[1], 'run', file, '--platform', code, '--report', report];
  if (program.directory) args.push('--dir', `${join(root, program.directory)}:${program.mount ?? '.'}`);
  args.push('--', ...(program.args ?? []));
  const { status, output, errors } = await new Promise<{ status: number; output: string; errors: string }>((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = (error as { code?: unknown } | null)?.code;
      resolve({ status: error ? (typeof code === 'number' ? code : 1) : 0, output: stdout, errors: stderr });
    });
  });
  let numbers: Partial<Report>;
  try {
    numbers = JSON.parse(readFileSync(report, 'utf8')) as Partial<Report>;
  } catch {
    numbers = {};
  }
  const result = program.resultOf(output);
  const ok = status === 0 && result === program.expected();
  return {
    platform: code,
    program: program.name,
    instructions: numbers.instructions ?? 0,
    collections: numbers.collections ?? 0,
    moved: numbers.objectsMoved ?? 0,
    pinned: numbers.objectsPinned ?? 0,
    holder: numbers.pinnedExample?.holder ?? '',
    faults: numbers.barrierFaults ?? 0,
    result: ok
      ? `${result} ok`
      : `WRONG: ${result ?? 'no result'} (expected ${program.expected()}, status ${status}) ${errors.trim().split('\n')[0]}`,
    ok,
  };
}

export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('demo', args, { json: { type: 'boolean' } });
  if (values.help) {
    print(help);
    return 0;
  }
  const programs = positionals.length === 0 ? demoPrograms : positionals.map(find);
  const jobs = platforms.flatMap((p) => programs.map((program) => ({ platform: p, program })));
  const rows: DemoRow[] = new Array<DemoRow>(jobs.length);
  const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-demo-'));
  let next = 0;
  const progress = new Progress(jobs.length);
  const worker = async (): Promise<void> => {
    while (next < jobs.length) {
      const index = next++;
      const { platform, program } = jobs[index];
      rows[index] = await runOne(platform, program, scratch);
      progress.step();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, Math.min(4, availableParallelism())) }, worker));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    progress.end();
  }
  const allOk = rows.every((row) => row.ok);
  if (values.json) print(`${JSON.stringify({ rows }, null, 2)}\n`);
  else {
    const count = (n: number): string => n.toLocaleString('en-US');
    print(
      table(
        ['platform', 'program', 'instructions', 'collections', 'objects moved', 'pinned', 'for example by', 'barrier faults', 'result'],
        rows.map((r) => [
          r.platform,
          r.program,
          count(r.instructions),
          count(r.collections),
          count(r.moved),
          count(r.pinned),
          r.holder,
          count(r.faults),
          r.result,
        ]),
      ),
    );
    print(`\n${rows.filter((r) => r.ok).length} of ${rows.length} results are right\n`);
  }
  return allOk ? 0 : 1;
}

function find(name: string): DemoProgram {
  const program = demoPrograms.find((p) => p.name === name);
  if (!program) throw usageError(`demo: there is no demo '${name}'; there are ${demoPrograms.map((p) => p.name).join(', ')}`);
  return program;
}
