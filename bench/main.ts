/** `make bench` / `mpsemu bench`: the rows asked for, or all, as a table that grows row by row, or as JSON at the end. */
import { spawnSync } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { tell } from '../cli/message.js';
import type { BenchResult, Row } from './row.js';
import { rows, rowsNamed } from './rows.js';

const USAGE = 125;

function measured(row: Row): BenchResult {
  const program = fileURLToPath(new URL(`./one-row${extname(import.meta.url)}`, import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, program, row.name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${row.name} can't be measured`);
  return JSON.parse(stdout) as BenchResult;
}

/** Three digits, but all of those before the point. */
const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

function line({ name, unit, value, baseline, ratio, spread: [least, most] }: BenchResult, goal: string | undefined): string {
  const against = baseline === undefined || ratio === undefined ? '' : `  ${figure(ratio)} of ${figure(baseline)}`;
  const spread = `  [${figure(least)} .. ${figure(most)}]`;
  return `${name.padEnd(24)} ${figure(value).padStart(8)} ${unit}${against}${spread}${goal === undefined ? '' : `  (goal ${goal})`}\n`;
}

function main(): number {
  const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
  const unknown = positionals.find((name) => rowsNamed(name).length === 0);
  if (unknown !== undefined) {
    tell(`bench: there is no row '${unknown}'; there are ${rows.map((row) => row.name).join(', ')}`);
    return USAGE;
  }
  const chosen = positionals.length === 0 ? rows : rows.filter((row) => positionals.some((name) => rowsNamed(name).includes(row)));
  const terminal = process.stderr.isTTY;
  const results: BenchResult[] = [];
  chosen.forEach((row, i) => {
    // In the table each row shows how far it has come; beside a terminal's table or JSON, this does.
    const progress = `measuring ${row.name} (${i + 1} of ${chosen.length})`;
    if (terminal) process.stderr.write(`\r\x1b[K${progress}`);
    else if (values.json) process.stderr.write(`${progress}\n`);
    const result = measured(row);
    if (terminal) process.stderr.write('\r\x1b[K');
    results.push(result);
    if (!values.json) process.stdout.write(line(result, row.goal));
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ results }, null, 2)}\n`);
  return 0;
}

process.exitCode = main();
