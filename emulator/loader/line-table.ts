/**
 * Which source line each piece of an image's code comes from, as a small file of our own: made from debug information
 * by the compilers' driver and kept beside a program (NAME.lines), so that running it needs neither the debug
 * information nor a tool that reads it. One JSON object:
 *
 *     version    1
 *     of         SHA-256 of the program or library: a table of another build is not used
 *     files      names of the source files
 *     sequences  runs of code from one file: `at`, the offset from the image's base; `file`, an index into `files`;
 *                `rows`, pairs of bytes since the row before and line (0: none); `size` in bytes
 */

export interface LineRow {
  offset: number;
  file: string;
  /** 0: of no line. */
  line: number;
}

/** Code in a row that was compiled together; ends at `limit`. */
export interface LineSequence {
  rows: LineRow[];
  limit: number;
}

interface StoredSequence {
  at: number;
  file: number;
  rows: number[];
  size: number;
}

interface Stored {
  version: 1;
  of: string;
  files: string[];
  sequences: StoredSequence[];
}

export function digestOf(bytes: Uint8Array): string {
  // Loaded when it is wanted: most runs start and end without.
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest('hex');
}

export class LineTable {
  private readonly sequences: LineSequence[];

  constructor(sequences: LineSequence[]) {
    this.sequences = sequences.filter((s) => s.rows.length > 0).sort((a, b) => a.rows[0].offset - b.rows[0].offset);
  }

  get isEmpty(): boolean {
    return this.sequences.length === 0;
  }

  find(offset: number): { file: string; line: number } | undefined {
    const sequence = this.sequences[last(this.sequences.length, (i) => this.sequences[i].rows[0].offset <= offset)];
    if (!sequence || offset >= sequence.limit) return undefined;
    const { rows } = sequence;
    const { file, line } = rows[last(rows.length, (i) => rows[i].offset <= offset)];
    return line === 0 ? undefined : { file, line };
  }

  /** The file's text; `of`: the image's digest. */
  store(of: string): string {
    const files: string[] = [];
    const indexOf = (file: string): number => (files.includes(file) ? files.indexOf(file) : files.push(file) - 1);
    const sequences: string[] = [];
    for (const { rows, limit } of this.sequences) {
      let open: StoredSequence | undefined;
      let at = 0;
      const close = (end: number): void => {
        if (open) sequences.push(JSON.stringify({ ...open, size: end - open.at }));
      };
      for (const row of rows) {
        const file = indexOf(row.file);
        if (open?.file !== file) {
          close(row.offset);
          open = { at: row.offset, file, rows: [], size: 0 };
          at = row.offset;
        }
        open.rows.push(row.offset - at, row.line);
        at = row.offset;
      }
      close(limit);
    }
    const head = JSON.stringify({ version: 1, of, files }).slice(0, -1);
    return `${head},"sequences":[\n${sequences.join(',\n')}\n]}\n`;
  }

  /** From the file's text. Undefined: that of another image. Throws BadLineTable. */
  static parse(text: string, of: string): LineTable | undefined {
    const stored = checked(text);
    return stored.of === of ? new LineTable(stored.sequences.map((sequence) => expand(sequence, stored.files))) : undefined;
  }
}

/** Does the text look like one of our files, whatever version? */
export function isLineTable(text: string): boolean {
  return /^\{"version":\d+,"of":"/.test(text);
}

/** The text is no line table. */
export class BadLineTable extends Error {
  override name = 'BadLineTable';
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Every value is looked at: the file may have been damaged, or be somebody else's. */
function checked(text: string): Stored {
  let stored: Partial<Record<keyof Stored, unknown>> | null;
  try {
    stored = JSON.parse(text) as typeof stored;
  } catch {
    throw new BadLineTable('it is not JSON');
  }
  if (typeof stored !== 'object' || stored === null) throw new BadLineTable('it is not a line table');
  const { version, of, files, sequences } = stored;
  if (version !== 1 || typeof of !== 'string') throw new BadLineTable('it is not a line table of version 1');
  if (!Array.isArray(files) || !files.every((file): file is string => typeof file === 'string' && file !== '')) {
    throw new BadLineTable('its `files` are not names');
  }
  if (!Array.isArray(sequences)) throw new BadLineTable('it has no `sequences`');
  return { version, of, files, sequences: sequences.map((each, i) => checkedSequence(each, i, files.length)) };
}

function checkedSequence(value: unknown, index: number, files: number): StoredSequence {
  const { at, file, rows, size } = (value ?? {}) as Partial<Record<keyof StoredSequence, unknown>>;
  const good =
    isCount(at) && isCount(size) && isCount(at + size) && isCount(file) && file < files && Array.isArray(rows) && rows.every(isCount);
  if (good && rows.length % 2 === 0) {
    const span = rows.reduce((sum: number, step, i) => (i % 2 === 0 ? sum + step : sum), 0);
    if (span <= size) return { at, file, rows, size };
  }
  throw new BadLineTable(`its sequence ${index} is damaged`);
}

function expand({ at, file, rows: pairs, size }: StoredSequence, files: string[]): LineSequence {
  const rows: LineRow[] = [];
  let offset = at;
  for (let i = 0; i < pairs.length; i += 2) {
    offset += pairs[i];
    rows.push({ offset, file: files[file], line: pairs[i + 1] });
  }
  return { rows, limit: at + size };
}

/** The last index below `count` for which `holds` (true first, then false); -1 if none. */
function last(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
