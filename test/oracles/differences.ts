/**
 * The differences that are known and have a reason: the tables of docs/differences.md. A row is
 * | program observation | platforms | here | there | why |, where `*` stands for any text in the first, third and fourth.
 */
export interface Difference {
  observation: RegExp;
  platforms: string[];
  here: RegExp;
  there: RegExp;
  /** As written, for messages. */
  row: string;
}

const HEADER = ['observation', 'platforms', 'here', 'there', 'why'];

const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

const cells = (line: string): string[] =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) =>
      cell
        .trim()
        .replaceAll('\\|', '|')
        .replace(/^`(.*)`$/, '$1'),
    );

export class Differences {
  private readonly used = new Set<Difference>();

  private constructor(private readonly list: Difference[]) {}

  static parse(text: string): Differences {
    const list: Difference[] = [];
    let inside = false;
    for (const line of text.split('\n')) {
      if (!line.startsWith('|')) {
        inside = false;
        continue;
      }
      const row = cells(line);
      if (row.join() === HEADER.join()) inside = true;
      else if (inside && !/^-+$/.test(row[0])) {
        const [observation, platforms, here, there, why] = row;
        if (row.length !== HEADER.length || !why) throw new Error(`docs/differences.md: this row needs ${HEADER.length} cells: ${line}`);
        list.push({
          observation: pattern(observation),
          platforms: platforms.split(/[ ,]+/),
          here: pattern(here),
          there: pattern(there),
          row: observation,
        });
      }
    }
    return new Differences(list);
  }

  /** Is this difference listed? */
  accounts(observation: string, platform: string, here: string, there: string): boolean {
    const found = this.list.find(
      (d) => d.observation.test(observation) && d.platforms.includes(platform) && d.here.test(here) && d.there.test(there),
    );
    if (found) this.used.add(found);
    return found !== undefined;
  }

  /** Rows of these programs and platforms that no comparison needed. */
  unused(programs: string[], platforms: string[]): string[] {
    return this.list
      .filter((d) => !this.used.has(d) && d.platforms.some((code) => platforms.includes(code)))
      .map(({ row }) => row)
      .filter((row) => programs.some((name) => row.startsWith(`${name} `)));
  }
}
