/**
 * What the command tells its user on stderr. Names of guests and files are others' words: what would move a terminal's
 * cursor, or turn its text around, is shown as an escape.
 */
const CONTROL = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x1b': '\\e' };

/** One line that a terminal shows as it is. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => short[character] ?? escaped(character));
}

/** JSON stays the same value; its own line breaks stay. */
export function printableJson(text: string): string {
  return text.replace(CONTROL, (character) => (character === '\n' ? character : escaped(character)));
}

/** One message: a line, and lines below it. */
export function tell(first: string, ...below: string[]): void {
  process.stderr.write(`mpsemu: ${[first, ...below].map(printable).join('\n    ')}\n`);
}

/** Why the system refused, without the path, which the message has. */
export function reasonOf(error: unknown): string {
  const { message, syscall } = error as NodeJS.ErrnoException;
  return syscall === undefined ? message : message.replace(new RegExp(`, ${syscall}( '[^]*')?$`), '');
}
