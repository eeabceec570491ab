/** `make bench` / `mpsemu bench`: every measurement, as a table or as JSON. */
import { commandResults } from './command.js';
import { engineBenchmarks, preambles, type BenchResult } from './engine.js';
import { guestCallResults } from './guest-calls.js';
import { scheduledSpeed } from './threads.js';

const cpus = ['ia32', 'x86-64', 'arm64'] as const;

/** What is aimed at: at least for ratios of speed, at most for times. */
const goals: Record<string, string> = {
  'speed/ia32': '>= 0.75',
  'speed/x86-64': '>= 0.75',
  'speed/arm64': '>= 0.75',
  'threads/ia32': '>= 0.4',
  'threads/x86-64': '>= 0.4',
  'threads/arm64': '>= 0.4',
  step: '< 1',
  'host-call': '< 0.7',
  'guest-callback': '< 1.5',
  'barrier-fault': '< 5',
  'barrier-fault-65536': '<= 1.3 times the one before',
  startup: '< 0.5',
  'peak-memory': '< 200',
};

function all(): BenchResult[] {
  const progress = process.stderr.isTTY ? (text: string): void => void process.stderr.write(`\r\x1b[K${text}`) : (): void => undefined;
  progress('measuring the engine against the bare loop ...');
  // The engine's own four contexts in turn are `contexts/`; `threads/` is the process's scheduler, as a run has it.
  const engine = engineBenchmarks().map((r) =>
    r.name.startsWith('threads/') ? { ...r, name: r.name.replace('threads/', 'contexts/') } : r,
  );
  progress('measuring four threads ...');
  const threads = cpus.map((cpu): BenchResult => {
    const baseline = engine.find((r) => r.name === `speed/${cpu}`)!.baseline!;
    const value = scheduledSpeed(cpu, preambles(cpu).slice(0, 3));
    return { name: `threads/${cpu}`, unit: 'million instructions/s', value, baseline, ratio: value / baseline };
  });
  const steps = engine.filter((r) => r.name.startsWith('step/'));
  const step: BenchResult = { name: 'step', unit: 'us', value: Math.max(...steps.map((r) => r.value)) };
  progress('measuring calls between guest and host ...');
  const calls = guestCallResults();
  progress('measuring the command ...');
  const command = commandResults();
  progress('');
  return [...engine, ...threads, step, ...calls, ...command];
}

const results = all();
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ results }, null, 2)}\n`);
else {
  for (const { name, unit, value, baseline, ratio } of results) {
    const against = baseline === undefined ? '' : `  ${ratio!.toFixed(2)} of ${baseline.toFixed(2)}`;
    const goal = goals[name] === undefined ? '' : `  (goal ${goals[name]})`;
    process.stdout.write(`${name.padEnd(24)} ${value.toFixed(3).padStart(10)} ${unit}${against}${goal}\n`);
  }
}
