/**
 * The programs of `mpsemu demo`, and what each must print: worked out here from
 * how the program is built (closed forms, other algorithms), never from a run.
 * The constants are those of fixtures/programs/NAME.c.
 */
export interface DemoProgram {
  name: string;
  args?: string[];
  /** Relative to the project's root: granted to the guest as `mount` (its current directory if absent). */
  directory?: string;
  mount?: string;
  /** What the output says the result is, if the program says that all is well. */
  resultOf(output: string): string | undefined;
  expected(): string;
}

/** Every program's last line is `NAME: checksum N PASS`. */
const checksumLine =
  (name: string) =>
  (output: string): string | undefined => {
    const last = output.trimEnd().split('\n').at(-1) ?? '';
    return new RegExp(`^${name}: checksum (\\d+) PASS\\r?$`).exec(last)?.[1];
  };

/** Lists of the values i² + 7·phase for i below 1000 + 10·phase; their sums folded by ×31, modulo 2^32. */
function listChecksum(): string {
  const phases = 12 + 3 + 3 + 4 + 4 + 2;
  let checksum = 0n;
  for (let phase = 0n; phase < phases; phase++) {
    const n = 1000n + 10n * phase;
    const sum = ((n - 1n) * n * (2n * n - 1n)) / 6n + 7n * phase * n;
    checksum = BigInt.asUintN(32, checksum * 31n + sum);
  }
  return String(checksum);
}

/** The nodes of all trees: a full binary tree of depth d has 2^(d+1) - 1. */
function treesChecksum(): string {
  const minimum = 4;
  const maximum = 12;
  const nodes = (depth: number): number => 2 ** (depth + 1) - 1;
  let checksum = nodes(maximum + 1) + nodes(maximum);
  for (let depth = minimum; depth <= maximum; depth += 2) checksum += 2 ** (maximum - depth + minimum) * nodes(depth);
  return String(checksum);
}

/** What each list contributes, over all makers and numbers: (m + 1)·1000003 + 17·n·(n + m), modulo 2^32, with the sums in closed form. */
function threadsChecksum(): string {
  const threads = 4n;
  const lists = 1500n;
  const makers = (threads * (threads - 1n)) / 2n;
  const numbers = (lists * (lists - 1n)) / 2n;
  const squares = ((lists - 1n) * lists * (2n * lists - 1n)) / 6n;
  return String(BigInt.asUintN(32, 1000003n * lists * (makers + threads) + 17n * (threads * squares + makers * numbers)));
}

/** The results of demo.lisp's checks in their order, each from its mathematics, folded by ×31 modulo 1000003. */
function lispChecksum(): string {
  const below = (n: number): number => (n * (n - 1)) / 2;
  const squaresBelow = (n: number): number => ((n - 1) * n * (2 * n - 1)) / 6;
  const results = [
    squaresBelow(1000), // sum of the squares
    2000 / 2, // even numbers
    50 * below(40), // fifty counters, each counted up by 0 to 39
    7 + 3 * 300, // x + 3, composed 300 times
    fibonacci(19),
    queens(6),
    primesBelow(5000),
    1000 * 'name-'.length + 10 + 90 * 2 + 900 * 3, // lengths of name-0 to name-999
    1000, // a symbol for each name
    1000, // a name for each symbol
    squaresBelow(500), // by number
    400 * 400, // by string: the odd numbers below 800
    1000 + 2, // by symbol: all names, each counted twice
    3 * below(300), // by place
    3 * below(300), // by place, once more
    77, // the default for a key that is not there
    2 ** 10, // leaves
    below(100), // apply
  ];
  return String(results.reduce((checksum, result) => (checksum * 31 + result) % 1000003, 0));
}

/** By Binet's formula. */
function fibonacci(n: number): number {
  return Math.round(((1 + Math.sqrt(5)) / 2) ** n / Math.sqrt(5));
}

/** How many permutations put no two queens on a diagonal. */
function queens(size: number): number {
  const place = (rows: number[]): number => {
    if (rows.length === size) return 1;
    let count = 0;
    for (let column = 0; column < size; column++) {
      if (rows.every((other, row) => other !== column && Math.abs(other - column) !== rows.length - row)) count += place([...rows, column]);
    }
    return count;
  };
  return place([]);
}

/** By trial division. */
function primesBelow(limit: number): number {
  let count = 0;
  for (let n = 2; n < limit; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) count++;
  }
  return count;
}

export const demoPrograms: DemoProgram[] = [
  { name: 'list', resultOf: checksumLine('list'), expected: listChecksum },
  { name: 'trees', resultOf: checksumLine('trees'), expected: treesChecksum },
  { name: 'lisp', args: ['demo.lisp'], directory: 'fixtures/programs/lisp', resultOf: checksumLine('lisp'), expected: lispChecksum },
  { name: 'threads', resultOf: checksumLine('threads'), expected: threadsChecksum },
];
