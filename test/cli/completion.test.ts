/** Completions know every command and every option that --help names, and a shell can use them. */
import { spawnSync } from 'node:child_process';
import anyTest from 'ava';
import { mpsemu } from './command.js';

const test = anyTest.serial;
const [node, ...words] = mpsemu;
const output = (...args: string[]): string => spawnSync(node, [...words, ...args], { encoding: 'utf8' }).stdout;

/** What bash offers for the last of these words. */
function offered(script: string, ...line: string[]): string[] {
  const text = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mpsemu; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return spawnSync('bash', ['-c', text, 'bash', 'mpsemu', ...line], { encoding: 'utf8', cwd: '/' })
    .stdout.trim()
    .split('\n');
}

test('every command and every option that --help names is offered', (t) => {
  const bash = output('completion', 'bash');
  const fish = output('completion', 'fish');
  const commands = [...output('--help').matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
  t.true(commands.length >= 6);
  t.deepEqual(
    commands.filter((name) => !offered(bash, name).includes(name)),
    [],
  );
  for (const name of commands) {
    const help = output(name, '--help');
    const options = [...help.matchAll(/(?:^ {2}|[[ ])(--[a-z][\w-]*)/gm)].map(([, option]) => option);
    for (const option of new Set(['--help', ...options])) {
      if (name === 'completion' && option === '--help') continue;
      t.deepEqual(offered(bash, name, option), [option], `${name} ${option}`);
      t.regex(fish, new RegExp(`seen_subcommand_from ${name}'.*[' ]${option}[' ]`), `${name} ${option}`);
    }
  }
});

test('values are offered where they are known', (t) => {
  const bash = output('completion', 'bash');
  t.deepEqual(offered(bash, 'run', '--platform', 'xc'), ['xci6ll', 'xca6ll']);
  t.deepEqual(offered(bash, 'cc', '--platform', 'w3i6'), ['w3i6mv']);
  t.deepEqual(offered(bash, 'run', '--variety', 'h'), ['hot']);
  t.deepEqual(offered(bash, 'demo', 'th'), ['threads']);
});
