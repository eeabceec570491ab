/** `mpsemu run`: boot a program file, pass its output through, report at exit. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { LoadError } from '../emulator/loader/image.js';
import { LEAST_MEMORY, MOST_MEMORY } from '../emulator/memory/memory-limit.js';
import { NativeModuleMissing } from '../emulator/native-module.js';
import type { ExitStatus } from '../emulator/process/os-model.js';
import { Profiler } from '../instruments/profile/profiler.js';
import { speedscopeFile } from '../instruments/profile/speedscope.js';
import { crashReport } from '../machine/crash-report.js';
import { startMachine } from '../machine/machine.js';
import { reportOf, type Report } from '../machine/report.js';
import { platforms } from '../platforms/codes.js';
import { OptionError } from '../platforms/option-error.js';
import { grantedDirectories } from './directories.js';
import { CommandError, ExitCode, usageError } from './exit-status.js';
import { Interrupt } from './interrupt.js';
import { reasonOf, tell } from './message.js';
import { byteSize, oneOf, parseOptions, wholeNumber, type OptionSpec } from './options.js';
import { checkOutputs, OutputFile, print, ReaderGone } from './output-file.js';
import { TraceFile } from './trace-file.js';

const help = `usage: mpsemu run PROGRAM [OPTIONS] [-- ARGUMENTS]

Run a program compiled for one of the platforms. Its output passes through; its exit status is ours.

  --platform CODE      the platform, where the file does not say (see 'mpsemu platforms')
  --seed N             schedule of the threads (default 0); same seed, same run, byte for byte
  --budget N           stop after N guest instructions (1e9, 10M), with status 124
  --memory SIZE        what the program and its MPS may hold (512M, 2G; default 2G, at most 4G); the OS refuses more
  --variety cool|hot   how much the MPS checks (default hot)
  --scan POLICY        scan more than the real MPS would (there are no such policies yet)
  --quirk NAME         switch on a quirk of the OS (may be repeated)
  --os-version V       behave as this version of the OS
  --dir HOST[:GUEST]   let the guest use this directory (may be repeated)
  --env NAME=VALUE     a variable of the guest's environment, which is empty otherwise (may be repeated)
  --trace FILE         write the events as JSON Lines ('-': to stdout)
  --report FILE        write a JSON object about the run at its end ('-': to stdout)
  --profile FILE       write which functions execute how many instructions, for speedscope ('-': to stdout)

Ctrl-C ends the run and still writes trace, report and profile.
Exit status: the guest's own; 122 deadlock, 123 it wants what is not provided, 124 budget exhausted,
125 wrong use, 126 file can't be loaded, 127 not found, 128+n guest killed by signal n; 130 (143)
interrupted by SIGINT (SIGTERM), 141 whoever read the output has gone.
`;

const options: OptionSpec = {
  platform: { type: 'string' },
  seed: { type: 'string' },
  budget: { type: 'string' },
  memory: { type: 'string' },
  variety: { type: 'string' },
  scan: { type: 'string', multiple: true },
  quirk: { type: 'string', multiple: true },
  'os-version': { type: 'string' },
  dir: { type: 'string', multiple: true },
  env: { type: 'string', multiple: true },
  trace: { type: 'string' },
  report: { type: 'string' },
  profile: { type: 'string' },
};

function readProgram(path: string): Uint8Array {
  try {
    const stat = statSync(path);
    // It may never end.
    if (stat.isCharacterDevice() || stat.isBlockDevice())
      throw new CommandError(ExitCode.CannotLoad, `run: '${path}' is a device, not a program`);
    // Nobody may ever write into it.
    if (stat.isFIFO() || stat.isSocket()) throw new CommandError(ExitCode.CannotLoad, `run: '${path}' is a pipe, not a program`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new CommandError(ExitCode.NotFound, `run: there is no file '${path}'`);
    if (code === 'EISDIR') throw new CommandError(ExitCode.CannotLoad, `run: '${path}' is a directory, not a program`);
    throw new CommandError(ExitCode.CannotLoad, `run: '${path}' can't be read: ${reasonOf(error)}`);
  }
}

export async function main(args: string[]): Promise<number> {
  const split = args.indexOf('--');
  const own = split < 0 ? args : args.slice(0, split);
  const guestArguments = split < 0 ? [] : args.slice(split + 1);
  const { values, positionals } = parseOptions('run', own, options);
  if (values.help) {
    print(help);
    return 0;
  }
  const [path, ...extra] = positionals;
  if (path === undefined) throw usageError(`run: name a program to run; see 'mpsemu run --help'`);
  if (extra.length > 0) throw usageError(`run: arguments for the program go after '--', not '${extra[0]}'`);
  const code = values.platform as string | undefined;
  if (code !== undefined)
    oneOf(
      'run',
      'platform',
      code,
      platforms.map((p) => p.code),
    );
  const directories = grantedDirectories((values.dir as string[] | undefined) ?? []);
  const seed = wholeNumber('run', 'seed', (values.seed as string) ?? '0');
  const budget = values.budget === undefined ? undefined : wholeNumber('run', 'budget', values.budget as string, 1);
  const memory = values.memory === undefined ? undefined : byteSize('run', 'memory', values.memory as string, LEAST_MEMORY, MOST_MEMORY);
  const variety = oneOf('run', 'variety', (values.variety as string) ?? 'hot', ['cool', 'hot'] as const);
  const env = environment((values.env as string[] | undefined) ?? []);
  const bytes = readProgram(path);

  checkOutputs(path, {
    '--trace': values.trace as string | undefined,
    '--report': values.report as string | undefined,
    '--profile': values.profile as string | undefined,
  });
  const interrupt = provided(() => new Interrupt());
  const output = (what: string): OutputFile | undefined =>
    values[what] === undefined ? undefined : new OutputFile(what, values[what] as string, interrupt);
  const traceFile = output('trace');
  const trace = traceFile && new TraceFile(traceFile);
  const report = output('report');
  const profile = output('profile');
  const machine = provided(() =>
    startMachine({
      path,
      bytes,
      ...(code !== undefined && { code }),
      argv: [basename(path), ...guestArguments],
      env,
      seed,
      ...(budget !== undefined && { budget }),
      ...(memory !== undefined && { memory }),
      variety,
      scan: (values.scan as string[] | undefined) ?? [],
      quirks: (values.quirk as string[] | undefined) ?? [],
      ...(values['os-version'] !== undefined && { osVersion: values['os-version'] as string }),
      directories,
      output: (stream, data) => interrupt.write(stream, data),
      input: (length) => interrupt.read(length),
      note: (text) => tell(`run: ${text}`),
      ...(trace && { listen: (events, names) => trace.attach(events, names) }),
    }),
  );
  const profiler = profile && new Profiler(machine.process);
  let status: ExitStatus;
  try {
    status = interrupt.during(machine.process);
  } finally {
    // Each is finished whatever has become of the run and of the others.
    machine.finish();
    if (profile && profiler) {
      profiler.finish();
      profile.write(`${JSON.stringify(speedscopeFile(basename(path), profiler.functions, profiler.threads))}\n`);
      profile.close();
    }
    trace?.close();
    report?.write(`${JSON.stringify(withFailure(reportOf(machine), interrupt.failure), null, 2)}\n`);
    report?.close();
  }
  if (interrupt.failure) throw interrupt.failure;
  const say = (text: string, ...below: string[]): void => tell(`run: ${basename(path)}: ${text}`, ...below);
  const sayWhere = async (text: string): Promise<void> => say(text, ...(await crashReport(machine.process)));
  switch (status.kind) {
    case 'exit':
      return status.code & (machine.platform.os === 'windows' ? 0xffffffff : 0xff);
    case 'budget':
      await sayWhere(`the budget of ${budget} instructions is used up, at ${machine.where()}`);
      return ExitCode.Budget;
    case 'signal':
      await sayWhere(status.text);
      return ExitCode.SignalBase + status.signal;
    case 'deadlock':
      await sayWhere(status.text);
      return ExitCode.Deadlock;
    case 'interrupted':
      await sayWhere(`interrupted after ${machine.process.instructions} instructions, at ${machine.where()}${written(values)}`);
      return ExitCode.SignalBase + status.signal;
    case 'unsupported':
    case 'error':
      await sayWhere(status.text);
      return ExitCode.NotProvided;
  }
}

/** What `make` makes; what stands in its way is said with the status that it has. */
function provided<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof NativeModuleMissing) throw new CommandError(ExitCode.Internal, error.message);
    if (error instanceof LoadError) throw new CommandError(ExitCode.CannotLoad, `run: ${error.message}`);
    if (error instanceof OptionError) throw usageError(`run: ${error.message}`);
    throw error;
  }
}

/** A run that was ended because its output could not be written says so. A reader that has gone has no words: SIGPIPE. */
function withFailure(report: Report, failure: CommandError | undefined): Report {
  const ended = report.status.kind === 'interrupted' && failure !== undefined && !(failure instanceof ReaderGone);
  return ended ? { ...report, status: { kind: 'error', text: failure.message } } : report;
}

/** What there is of an interrupted run. */
function written(values: Record<string, unknown>): string {
  const names = ['trace', 'report', 'profile'].filter((name) => values[name] !== undefined);
  return names.length === 0 ? '' : `; the ${names.join(' and the ')} so far ${names.length === 1 ? 'is' : 'are'} written`;
}

/** --env NAME=VALUE. The host's own variables stay out: a run must not depend on them. */
function environment(entries: string[]): string[] {
  for (const entry of entries) if (!/^[^=]+=/.test(entry)) throw usageError(`run: --env wants NAME=VALUE, not '${entry}'`);
  return entries.filter((entry, i) => !entries.slice(i + 1).some((later) => later.split('=', 1)[0] === entry.split('=', 1)[0]));
}
