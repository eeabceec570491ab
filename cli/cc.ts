/** `mpsemu cc`: the guest tool-chain, driven as emcc drives its own. */
import { existsSync } from 'node:fs';
import { compile, ToolchainError } from '../platforms/toolchain/cc.js';
import { platforms } from '../platforms/codes.js';
import { CommandError, ExitCode, usageError } from './exit-status.js';
import { oneOf } from './options.js';

const help = `usage: mpsemu cc --platform CODE [-O0|-O1|-O2|-O3|-Os] [-g] [-I DIR]... [-D NAME[=VALUE]]... -o OUT FILE...

Compile and link C (or assembly) sources into a program for one of the platforms, with its
own compiler family, our C headers and mps.h. Other -f…, -m…, -W… and -std=… options are
passed to the compiler. 'make toolchain' installs the compilers.

  --allow-missing      link even if a function is provided by nobody (running it then names it)
`;

/** Options that take a value, joined or as the next argument. */
const joined = ['-I', '-D', '-U', '-o'];

export async function main(args: string[]): Promise<number> {
  let code: string | undefined;
  let output: string | undefined;
  let allowMissing = false;
  const sources: string[] = [];
  const flags: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    const value = (name: string): string => {
      const text =
        arg.length > name.length ? arg.slice(arg[name.length] === '=' && name.startsWith('--') ? name.length + 1 : name.length) : args[++i];
      if (text === undefined) throw usageError(`cc: ${name} wants a value`);
      return text;
    };
    const option = joined.find((name) => arg.startsWith(name));
    if (arg === '--help' || arg === '-h') {
      process.stdout.write(help);
      return 0;
    } else if (arg === '--platform' || arg.startsWith('--platform=')) code = value('--platform');
    else if (arg === '--allow-missing') allowMissing = true;
    else if (option === '-o') output = value('-o');
    else if (option !== undefined) flags.push(`${option}${value(option)}`);
    else if (/^-(O|g|f|m|W|std=|pedantic|w$|l)/.test(arg)) flags.push(arg);
    else if (arg.startsWith('-')) throw usageError(`cc: there is no option '${arg}'; see 'mpsemu cc --help'`);
    else sources.push(arg);
  }
  if (code === undefined) throw usageError(`cc: say for which platform: --platform CODE (see 'mpsemu platforms')`);
  oneOf(
    'cc',
    'platform',
    code,
    platforms.map((p) => p.code),
  );
  if (output === undefined) throw usageError('cc: name the program to make: -o OUT');
  if (sources.length === 0) throw usageError('cc: name at least one source file');
  for (const source of sources) {
    if (!existsSync(source)) throw new CommandError(ExitCode.NotFound, `cc: there is no file '${source}'`);
    if (!/\.([csS]|o|obj)$/.test(source)) throw usageError(`cc: '${source}' is neither C (.c), assembly (.S, .s) nor an object (.o, .obj)`);
  }
  try {
    await compile({ platform: code, sources, output, flags, allowMissing });
    return 0;
  } catch (error) {
    if (error instanceof ToolchainError) throw new CommandError(error.status ?? 1, `cc: ${error.message}`);
    throw error;
  }
}
