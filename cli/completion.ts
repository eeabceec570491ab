/** `mpsemu completion SHELL`: completions made from the same lists the commands use. */
import { platforms } from '../platforms/codes.js';
import { usageError } from './exit-status.js';
import { parseOptions } from './options.js';
import { print } from './output-file.js';

const words: Record<string, string[]> = {
  run: [
    '--platform',
    '--seed',
    '--budget',
    '--memory',
    '--variety',
    '--scan',
    '--quirk',
    '--os-version',
    '--dir',
    '--env',
    '--trace',
    '--profile',
    '--report',
    '--help',
  ],
  cc: [
    '--platform',
    '--no-mps',
    '--allow-missing',
    ...'-c -S -E -o -O0 -O1 -O2 -O3 -Os -g -I -D -U -L -l -include -isystem -std= -Wall -Wl, -MD -MMD -MF -x -pthread -v -### --version --help'.split(
      ' ',
    ),
  ],
  platforms: ['--json', '--help'],
  demo: ['--json', '--help', 'list', 'trees', 'lisp', 'threads'],
  bench: ['--json', '--help'],
  completion: ['bash', 'zsh', 'fish'],
};

function bash(): string {
  const cases = Object.entries(words)
    .map(([name, list]) => `    ${name}) words="${list.join(' ')}" ;;`)
    .join('\n');
  return `_mpsemu() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words="" files=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="${Object.keys(words).join(' ')}"
  elif [ "$previous" = --platform ]; then words="${platforms.map((p) => p.code).join(' ')}"
  elif [ "$previous" = --variety ]; then words="cool hot"
  else
    files=$(compgen -f -- "$current")
    case "\${COMP_WORDS[1]}" in
${cases}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current") $files)
}
complete -F _mpsemu mpsemu
`;
}

function fish(): string {
  const lines = [`complete -c mpsemu -n __fish_use_subcommand -f -a '${Object.keys(words).join(' ')}'`];
  for (const [name, list] of Object.entries(words)) {
    lines.push(`complete -c mpsemu -n '__fish_seen_subcommand_from ${name}' -a '${list.join(' ')}'`);
  }
  return `${lines.join('\n')}\n`;
}

export function main(args: string[]): number {
  const { values, positionals } = parseOptions('completion', args, {});
  if (values.help) {
    print('usage: mpsemu completion bash|zsh|fish\n\nPrint completions; for bash: source <(mpsemu completion bash)\n');
    return 0;
  }
  const shell = positionals[0];
  if (shell === 'bash') print(bash());
  else if (shell === 'zsh') print(`autoload -U +X bashcompinit && bashcompinit\n${bash()}`);
  else if (shell === 'fish') print(fish());
  else throw usageError(`completion: name a shell: bash, zsh or fish`);
  return 0;
}
