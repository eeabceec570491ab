/**
 * A C compiler driver for the guest platforms: what `mpsemu cc` does. Up to object files the platform's own compiler
 * does everything, with its flags around the user's; the program is then linked by lld with our libraries.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { platform, type Platform } from '../codes.js';
import { parseCommandLine, type CommandLine, type Item } from './command-line.js';
import {
  bundleArguments,
  compilerPlace,
  debugFlags,
  givenPath,
  hasDebugInformation,
  listsObjects,
  mappedPaths,
  type Debug,
} from './debug.js';
import { dropLines, keepLines, linesBeside, ownsLines } from './debug-lines.js';
import { findLibrary, linkCommand } from './link.js';
import { intermediatePrefix, programDependencies, programName, protectInputs, savesIntermediates, writesBeside } from './outputs.js';
import { plainPath } from './inputs.js';
import { includeFlags } from './prototypes.js';
import { refuseWhatIsNotHere } from './refusals.js';
import { SourceNames } from './source-names.js';
import { targetOf } from './targets.js';
import { withTemporaryDirectory } from './temporary.js';
import { refusedBySystem, toolPath, ToolchainError, usage, type RunAt } from './tools.js';
import { linkWindows } from './windows-link.js';
import { runWithArguments } from './long-arguments.js';

export { ToolchainError };

export interface DriverOptions {
  /** Link even if a function is provided by nobody. */
  allowMissing?: boolean;
  /** Without the MPS: for programs that bring their own, or need none. */
  noMps?: boolean;
  /** Of the debug information that -g makes keep only the line table, beside the program. */
  onlyLines?: boolean;
}

/** Runs the tools of one command. */
class Driver {
  private kept = '';
  private readonly sourceNames = new SourceNames();
  private readonly target;
  /** Flags around the user's: ours that theirs may override before, our headers behind. */
  private before: string[] = [];
  private after: string[] = [];

  constructor(
    private readonly p: Platform,
    private readonly line: CommandLine,
    private readonly options: DriverOptions,
    private readonly stdio: 'inherit' | 'keep',
  ) {
    this.target = targetOf(p);
  }

  async run(): Promise<{ status: number; messages: string }> {
    const { line } = this;
    refuseWhatIsNotHere(this.p, line);
    toolPath(this.target.compiler);
    const said = line.items.flatMap((item) => item.words);
    this.before = this.ours([...this.target.flags, ...this.position(), ...mappedPaths(), ...debugFlags(this.p, line)]);
    this.after = said.includes('-nostdinc') ? [] : this.ours(await includeFlags(this.target));
    const status = await this.step();
    return { status, messages: this.kept };
  }

  /** Flags that the user didn't give are no cause for a warning that an assembler or linker has no use for them. */
  private ours(flags: string[]): string[] {
    return this.target.gcc ? flags : ['--start-no-unused-arguments', ...flags, '--end-no-unused-arguments'];
  }

  private position(): string[] {
    // At a fixed address a call of what is not there can only go through a procedure linkage table.
    if (this.options.allowMissing && this.p.os === 'freebsd') return ['-fPIC'];
    return this.line.link.pie === false && this.p.os === 'linux' ? ['-fno-pie'] : [];
  }

  private async step(): Promise<number> {
    const { line } = this;
    const sources = line.items.filter((item) => item.kind === 'source');
    const inputs = sources.length + line.items.filter((item) => item.kind === 'object').length;
    const words = line.items.flatMap((item) => item.words);
    if (line.step === 'inform') return this.compiler([...this.target.flags, ...words]);
    if (inputs === 0) {
      if (!line.verbose) throw usage('name at least one source file');
      return this.compiler([...this.target.flags, '-v']);
    }
    protectInputs(this.p, line);
    if (line.step === 'link') return withTemporaryDirectory('cc', (directory) => this.program(directory));
    const output = line.output === undefined ? [] : ['-o', line.output === '-' ? '-' : plainPath(line.output)];
    return this.compiler([...this.before, ...words, ...this.after, ...output]);
  }

  private async program(directory: string): Promise<number> {
    const { line, p } = this;
    const output = programName(p, line);
    const sources = line.items.filter((item) => item.kind === 'source');
    const options = line.items.filter((item) => item.kind === 'compiler');
    const flags = options.flatMap((item) => item.words);
    for (const item of line.items) if (item.kind === 'library') findLibrary(p, item.name, line.libraryFolders);
    let status = 0;
    // With no source nobody would see what the compiler's options are; those that name files have nothing to write.
    const seen = options.filter((item) => !writesBeside(item.words)).flatMap((item) => item.words);
    if (sources.length === 0 && seen.length > 0)
      status = await this.compiler([...this.before, ...seen, '-fsyntax-only', '-x', 'c', '/dev/null']);
    const objects: string[] = [];
    const rules: string[] = [];
    // gcc would leave them beside the object, which is thrown away.
    const saved = this.target.gcc && flags.some((flag) => savesIntermediates.test(flag));
    for (const [i, source] of sources.entries()) {
      // Not longer than a name may be with what is put around it.
      const name =
        source.path === '-'
          ? 'stdin'
          : basename(source.path)
              .replace(/\.\w+$/, '')
              .slice(0, 40);
      const object = join(directory, `${i}-${name}.o`);
      const rule = join(directory, `${i}.d`);
      const dependencies = line.dependencies.wanted ? ['-MF', rule, ...(line.dependencies.targeted ? [] : ['-MT', output])] : [];
      // For a rule that the preprocessor is asked for itself clang would take the name of an object that nobody sees.
      const ruled = !this.target.gcc && !line.dependencies.targeted && flags.some((flag) => /^-Wp,-MM?D\b/.test(flag));
      const target = ruled ? ['-MT', `${name}.o`] : [];
      const intermediates = saved
        ? ['-dumpdir', intermediatePrefix(output), '-dumpbase', basename(source.path), '-dumpbase-ext', extname(source.path)]
        : [];
      const language = source.language === undefined ? [] : ['-x', source.language];
      const done = await this.compiler([
        ...this.before,
        ...flags,
        ...dependencies,
        ...target,
        ...intermediates,
        ...this.after,
        '-c',
        ...language,
        ...source.words.map((word) => (word === source.path ? givenPath(word) : word)),
        '-o',
        object,
      ]);
      status ||= done;
      objects.push(object);
      this.sourceNames.note(object, source.path);
      rules.push(rule);
    }
    if (status !== 0) return status;
    if (line.dependencies.wanted && sources.length > 0 && !line.dryRun) this.writeDependencies(programDependencies(line, output), rules);
    return this.link(objects, output, directory);
  }

  private writeDependencies(path: string, rules: string[]): void {
    const text = rules.map((rule) => readFileSync(rule, 'utf8')).join('');
    try {
      if (path === '-') process.stdout.write(text);
      else writeFileSync(path, text);
    } catch (error) {
      throw refusedBySystem(`the dependency file '${path}' can't be written`, error, 1);
    }
  }

  private async link(objects: string[], output: string, directory: string): Promise<number> {
    const { p, line } = this;
    const inputs = [...objects, ...line.items.flatMap((item) => this.linked(item))];
    // Nothing can lie beside a device such as /dev/null.
    const device = isDevice(output);
    if (line.link.strip || line.dryRun || device || !inputs.some(hasDebugInformation)) {
      const status = await this.linkTo(objects, output, 'none', directory);
      if (status === 0 && !line.dryRun && !device) dropLines(output);
      return status;
    }
    // Where only lines are wanted, what they are read from is a twin of the program.
    const whole = this.options.onlyLines ? join(directory, basename(output)) : output;
    let status = await this.linkTo(objects, whole, 'keep', directory);
    if (status === 0 && p.os === 'macos' && listsObjects(whole))
      status = await this.tool('dsymutil', bundleArguments(resolve(whole)), { cwd: directory });
    if (status === 0 && whole !== output) status = await this.linkTo(objects, output, 'drop', directory);
    if (status === 0) this.keepLines(output, whole);
    return status;
  }

  /** Objects and archives that come from elsewhere. */
  private linked(item: Item): string[] {
    if (item.kind === 'object') return [item.path];
    const library = item.kind === 'library' ? findLibrary(this.p, item.name, this.line.libraryFolders) : undefined;
    return library === undefined ? [] : [library];
  }

  /** Without a line table the program is as good; running it may still find its lines. */
  private keepLines(output: string, whole: string): void {
    const taken = `${linesBeside(output)} is there already, and is no line table`;
    try {
      if (ownsLines(output)) keepLines(output, whole);
      else if (this.options.onlyLines) throw usage(taken);
      else this.say(`mpsemu: cc: no line table beside ${output}: ${taken}\n`);
    } catch (refusal) {
      const error = refusedBySystem(linesBeside(output), refusal, 1);
      if (this.options.onlyLines || !(error instanceof ToolchainError)) throw error;
      this.say(`mpsemu: cc: no line table beside ${output}: ${error.message}\n`);
    }
  }

  private async linkTo(objects: string[], output: string, debug: Debug, directory: string): Promise<number> {
    const { p, line } = this;
    const { allowMissing = false, noMps = false } = this.options;
    const command = linkCommand(p, line, objects, output, { allowMissing, noMps, debug, temporary: directory });
    if (command.tool === 'lld-link' && allowMissing && !line.dryRun) {
      const { status, messages } = await linkWindows(p, command.args);
      this.say(this.explained(messages));
      return status;
    }
    this.show(command.tool, command.args);
    if (line.dryRun) return 0;
    const { status, messages } = await runWithArguments(
      command.tool,
      command.args,
      this.stdio === 'inherit' ? 'keep-errors' : 'keep',
      command.at,
    );
    this.sourceNames.inMaps(line);
    this.say(this.explained(messages));
    return status;
  }

  private say(messages: string): void {
    if (this.stdio === 'inherit') process.stderr.write(messages);
    else this.kept += messages;
  }

  /** The linker's messages with the sources' names for objects that nobody sees, and the way out where only we know it. */
  private explained(messages: string): string {
    const text = this.sourceNames.in(messages);
    if (!/archive has no index/.test(text)) return text;
    return `${text}mpsemu: cc: the linker for ${this.p.code} reads no index that GNU ar makes: make the archive with llvm-ar (AR=llvm-ar)\n`;
  }

  private compiler(args: string[]): Promise<number> {
    return this.tool(this.target.compiler, args, compilerPlace());
  }

  private async tool(name: string, args: string[], at: RunAt = {}): Promise<number> {
    this.show(name, args);
    if (this.line.dryRun) return 0;
    const { status, messages } = await runWithArguments(name, args, this.stdio, at);
    this.kept += messages;
    return status;
  }

  private show(name: string, args: string[]): void {
    if (this.line.dryRun || this.line.verbose) process.stderr.write(` ${[toolPath(name), ...args].map(quoted).join(' ')}\n`);
  }
}

function isDevice(path: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found !== undefined && !found.isFile() && !found.isDirectory();
  } catch (error) {
    throw refusedBySystem(`the output '${path}' can't be written`, error, 1);
  }
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Do what a C compiler's command line says, for that platform. The tools' messages are shown, or kept and returned. */
export async function drive(
  p: Platform,
  args: string[],
  options: DriverOptions = {},
  stdio: 'inherit' | 'keep' = 'inherit',
): Promise<{ status: number; messages: string }> {
  try {
    process.cwd();
  } catch (error) {
    throw refusedBySystem('the working directory is not there', error);
  }
  try {
    return await new Driver(p, parseCommandLine(args), options, stdio).run();
  } catch (error) {
    throw refusedBySystem("a file can't be read or written", error, 1);
  }
}

export interface CompileOptions extends DriverOptions {
  platform: string;
  sources: string[];
  output: string;
  /** -O, -g, -I, -D, -f, -m, -W, -std … as given. */
  flags: string[];
}

/** Compile and link a program; returns the tools' warnings, throws their errors. */
export async function compile({ platform: code, sources, output, flags, ...options }: CompileOptions): Promise<string> {
  const p = platform(code);
  if (!p) throw usage(`there is no platform '${code}'`);
  const { status, messages } = await drive(p, [...flags, '-o', output, '--', ...sources], options, 'keep');
  if (status !== 0) throw new ToolchainError(messages.trim(), status);
  return messages;
}
