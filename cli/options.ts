/** Command-line options, parsed by node:util with errors of our own form. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { usageError } from './exit-status.js';

export type OptionSpec = NonNullable<ParseArgsConfig['options']>;
interface Parsed {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  positionals: string[];
}

/** `--budget -3` is a value to complain about, not an option. */
function withNegativeNumbers(args: string[], options: OptionSpec): string[] {
  const words: string[] = [];
  for (const arg of args) {
    const last = words.at(-1) ?? '';
    if (/^-[\d.]/.test(arg) && options[last.slice(2)]?.type === 'string' && last.startsWith('--'))
      words[words.length - 1] = `${last}=${arg}`;
    else words.push(arg);
  }
  return words;
}

export function parseOptions(command: string, args: string[], options: OptionSpec, allowPositionals = true): Parsed {
  try {
    const { values, positionals } = parseArgs({
      args: withNegativeNumbers(args, options),
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals,
      strict: true,
    });
    return { values, positionals };
  } catch (error) {
    const message = (error as Error).message.split(/\. |\n/)[0].replace(/\.$/, '');
    throw usageError(`${command}: ${message}; see 'mpsemu ${command} --help'`);
  }
}

const multiples: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** A whole number as people write them: 1000000, 1_000_000, 1e6, 1.5M, 0x10. */
function number(text: string): number {
  const clean = text.replace(/(?<=\d)_(?=\d)/g, '');
  if (/^0x[0-9a-f]+$/i.test(clean)) return Number(clean);
  const [, digits, unit] = /^(\d+(?:\.\d+)?(?:e\+?\d+)?)([kMGT]?)$/i.exec(clean) ?? [];
  const multiple = multiples[unit ?? ''] ?? multiples[unit.toUpperCase()] ?? multiples[unit.toLowerCase()];
  return digits === undefined ? NaN : Number(digits) * multiple;
}

/** A whole number >= minimum. */
export function wholeNumber(command: string, name: string, text: string, minimum = 0): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < minimum) {
    const range = value > Number.MAX_SAFE_INTEGER ? `from ${minimum} to ${Number.MAX_SAFE_INTEGER}` : `of at least ${minimum}`;
    throw usageError(`${command}: --${name} wants a whole number ${range} (1000000, 1e6, 1M, 0x10), not '${text}'`);
  }
  return value;
}

const binary: Record<string, number> = { k: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** A size in bytes, in which M is 2^20: 512M, 2G, 0x10000000. */
export function byteSize(command: string, name: string, text: string, least: number, most: number): number {
  const unit = Object.keys(binary).find((letter) => new RegExp(`${letter}(i?B)?$`, 'i').test(text));
  const value = unit === undefined || /^0x/i.test(text) ? number(text) : number(text.replace(/[kMGT](i?B)?$/i, '')) * binary[unit];
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw usageError(`${command}: --${name} wants a size from ${least / 2 ** 20}M to ${most / 2 ** 30}G (512M, 2G), not '${text}'`);
  }
  return value;
}

export function oneOf<T extends string>(command: string, name: string, text: string, choices: readonly T[]): T {
  if (!choices.includes(text as T)) {
    throw usageError(`${command}: --${name} wants one of ${choices.join(', ')}, not '${text}'`);
  }
  return text as T;
}
