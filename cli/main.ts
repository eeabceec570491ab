/** The command `mpsemu`: picks the subcommand and turns every failure into one line and a documented status. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostLack } from '../emulator/host-lack.js';
import { projectRoot } from '../platforms/toolchain/paths.js';
import { CommandError, ExitCode } from './exit-status.js';
import { tell } from './message.js';
import { print } from './output-file.js';

interface Command {
  summary: string;
  load(): Promise<{ main(args: string[]): number | Promise<number> }>;
}

const commands = new Map<string, Command>(
  Object.entries({
    run: { summary: 'run a compiled program on its platform, its memory managed by the MPS', load: () => import('./run.js') },
    cc: { summary: 'compile a C program for one of the platforms', load: () => import('./cc.js') },
    platforms: { summary: 'the thirteen platforms', load: () => import('./platforms.js') },
    demo: { summary: 'run the fixture programs on every platform', load: () => import('./demo.js') },
    bench: { summary: 'measure speed as ratios to a bare CPU loop in the same run', load: () => import('./bench.js') },
    completion: { summary: 'print shell completions for bash, zsh or fish', load: () => import('./completion.js') },
  }),
);

const help = `usage: mpsemu COMMAND [ARGUMENTS]

${[...commands].map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`).join('\n')}

'mpsemu COMMAND --help' tells more, 'mpsemu --version' which this is. Exit status: the guest's own;
70 a fault of mpsemu, 122 deadlock, 123 not provided here, 124 budget exhausted, 125 wrong use,
126 file can't be loaded, 127 not found, 128+n guest killed by signal n; 130 interrupted, 141 reader gone.
`;

function version(): string {
  return (JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** Node has made U+FFFD of bytes that are no UTF-8: what they were can't be had back. */
function refuseOtherBytes(argv: string[]): void {
  const odd = argv.find((arg) => arg.includes('\ufffd'));
  if (odd !== undefined && !isUtf8(ownWords())) throw new CommandError(ExitCode.Usage, `the argument '${odd}' is not UTF-8`);
}

/** The bytes of the command line; where no file has them, none that are UTF-8. */
function ownWords(): Uint8Array {
  try {
    return readFileSync('/proc/self/cmdline');
  } catch {
    return Uint8Array.of(0xff);
  }
}

async function main(argv: string[]): Promise<number> {
  refuseOtherBytes(argv);
  const [name, ...args] = argv[0] === 'help' && argv.length > 1 ? [...argv.slice(1), '--help'] : argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    if (name !== undefined) return print(help);
    process.stderr.write(help);
    return ExitCode.Usage;
  }
  if (name === '--version') {
    return print(`mpsemu ${version()}\n`);
  }
  const command = commands.get(name);
  if (!command) throw new CommandError(ExitCode.Usage, `there is no command '${name}'; see 'mpsemu --help'`);
  return (await command.load()).main(args);
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    if (error instanceof CommandError) {
      if (error.message !== '') tell(error.message, ...error.below);
      process.exitCode = error.status;
    } else if (error instanceof HostLack) {
      tell(error.message);
      process.exitCode = ExitCode.Internal;
    } else {
      const stack = process.env.MPSEMU_DEBUG && error instanceof Error ? (error.stack ?? '').split('\n').slice(1) : [];
      tell(`internal error: ${error instanceof Error ? error.message : String(error)} (set MPSEMU_DEBUG=1 for where)`, ...stack);
      process.exitCode = ExitCode.Internal;
    }
  },
);
