/** Response files: words of a command line that stand in files, by @FILE. Source: the manual of gcc. */
import { existsSync, readFileSync } from 'node:fs';
import { refusedBySystem, usage } from './tools.js';

/** GNU response files: words apart by white space; quotes and backslashes keep it. */
function responseWords(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|[^\s\\"'])+/g)) {
    words.push(
      word.replace(/\\([\s\S])|"((?:\\[\s\S]|[^"\\])*)"?|'((?:\\[\s\S]|[^'\\])*)'?/g, (_, escaped, double, single) =>
        (escaped ?? double ?? single ?? '').replace(/\\([\s\S])/g, '$1'),
      ),
    );
  }
  return words;
}

function responseText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refusedBySystem(`the response file '${path}' can't be read`, error);
  }
}

/** Words of a command line with its response files read in. A file that is not there is an input of that name, as for gcc. */
export function withResponseFiles(args: string[], read: string[], depth = 0): string[] {
  return args.flatMap((arg) => {
    const path = arg.slice(1);
    if (!arg.startsWith('@') || !existsSync(path)) return [arg];
    if (depth > 20) throw usage(`'${arg}': response files that contain each other`);
    read.push(path);
    return withResponseFiles(responseWords(responseText(path)), read, depth + 1);
  });
}
