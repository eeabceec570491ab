/** Names as the functions of files take them: which characters none can have, and patterns of FindFirstFile. */
const FORBIDDEN = /[<>"|?*]/;

/** Can it be the name of a file? */
export function nameIsValid(path: string): boolean {
  return !FORBIDDEN.test(path) && [...path].every((c) => c >= ' ');
}

/** A pattern as its names, in any case. `*.*` is all of them, with a dot or without. */
export function patternOf(text: string): RegExp {
  const wanted = text === '*.*' ? '*' : text;
  const source = [...wanted].map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c.replace(/[\\^$.|+()[\]{}]/, '\\$&'))).join('');
  return new RegExp(`^${source}$`, 'isu');
}

/** Directory and last component. */
export function splitPattern(path: string): { directory: string; pattern: string } {
  const at = Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/'), path.lastIndexOf(':'));
  return { directory: at < 0 ? '.' : path.slice(0, at + 1), pattern: path.slice(at + 1) };
}
