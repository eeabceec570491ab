/** Command-line options, parsed by node:util with errors of our own form. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { usageError } from './exit-status.js';

export type OptionSpec = NonNullable<ParseArgsConfig['options']>;
interface Parsed {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  positionals: string[];
}

export function parseOptions(command: string, args: string[], options: OptionSpec, allowPositionals = true): Parsed {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals,
      strict: true,
    });
    return { values: values as Parsed['values'], positionals };
  } catch (error) {
    const message = (error as Error).message.split(/\. |\n/)[0].replace(/\.$/, '');
    throw usageError(`${command}: ${message}; see 'mpsemu ${command} --help'`);
  }
}

/** A whole number >= minimum, in decimal or 0x hexadecimal, with optional _ between digits. */
export function wholeNumber(command: string, name: string, text: string, minimum = 0): number {
  const clean = text.replaceAll('_', '');
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(clean) ? Number(clean) : NaN;
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw usageError(`${command}: --${name} wants a whole number of at least ${minimum}, not '${text}'`);
  }
  return value;
}

export function oneOf<T extends string>(command: string, name: string, text: string, choices: readonly T[]): T {
  if (!choices.includes(text as T)) {
    throw usageError(`${command}: --${name} wants one of ${choices.join(', ')}, not '${text}'`);
  }
  return text as T;
}
