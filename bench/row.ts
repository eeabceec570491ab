/**
 * A row of `make bench`: what is measured, and against what. A row is measured several times, each time
 * with its baseline right behind it, so that what else the machine does meets both alike; what is
 * reported is the median and the spread, in which a noisy machine shows as noise.
 */
export interface Pair {
  value: number;
  /** The same thing done the other way (the bare loop, a tenth of the size ...), measured next to `value`. */
  baseline?: number;
}

export interface Row {
  name: string;
  unit: string;
  /** What is aimed at, for people. */
  goal?: string;
  /** How many pairs; an odd number has a median that was measured. */
  pairs?: number;
  /** Makes ready (and warms up) what is measured, and returns the measurement: called once for each pair, from 0. */
  open(): (pair: number) => Pair;
}

export interface BenchResult {
  name: string;
  unit: string;
  /** Medians. The ratio is the median of the pairs' ratios. */
  value: number;
  baseline?: number;
  ratio?: number;
  /** Least and greatest of the pairs' ratios, or of the values where there is no baseline. */
  spread: [number, number];
}

const PAIRS = 7;

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

const extremes = (values: number[]): [number, number] => [Math.min(...values), Math.max(...values)];

export function measureRow(row: Row): BenchResult {
  const { name, unit } = row;
  const measure = row.open();
  const pairs = Array.from({ length: row.pairs ?? PAIRS }, (_, i) => measure(i));
  const values = pairs.map((pair) => pair.value);
  const value = median(values);
  const baselines = pairs.flatMap(({ baseline }) => (baseline === undefined ? [] : [baseline]));
  if (baselines.length < pairs.length) return { name, unit, value, spread: extremes(values) };
  const ratios = values.map((v, i) => v / baselines[i]);
  return { name, unit, value, baseline: median(baselines), ratio: median(ratios), spread: extremes(ratios) };
}

/** CPU time of this process so far in seconds: what other programs take from us doesn't count. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Seconds of CPU time that `run` takes. */
export function seconds(run: () => void): number {
  const start = cpuTime();
  run();
  return cpuTime() - start;
}

/** Seconds of the fastest of a few rounds. */
export function fastest(rounds: number, run: () => void): number {
  return Math.min(...Array.from({ length: rounds }, () => seconds(run)));
}
