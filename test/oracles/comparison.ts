/** Compares what the two sides have observed, line by line, and sets aside the differences that docs/differences.md gives reasons for. */
import type { Differences } from './differences.js';
import type { Printed } from './machines.js';

/** What stands where a side has not printed an observation. */
const NOTHING = '(nothing)';

/** Observations by name: lines `name value…`. The exit status is one more. */
export function observations(who: string, { stdout, status }: Printed): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of stdout.replaceAll('\r', '').split('\n')) {
    if (line === '') continue;
    const [, name, value] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`${who}: the line '${line}' names no observation`);
    if (found.has(name)) throw new Error(`${who}: two observations are called '${name}'`);
    found.set(name, value);
  }
  found.set('(status)', String(status));
  return found;
}

export interface Verdict {
  compared: number;
  listed: number;
  /** One line for each difference without a reason. */
  unlisted: string[];
}

export function compare(program: string, platform: string, ours: Printed, theirs: Printed, differences: Differences): Verdict {
  const here = observations(`${program} on ${platform}, here`, ours);
  const there = observations(`${program} on ${platform}, there`, theirs);
  const names = [...new Set([...there.keys(), ...here.keys()])];
  const verdict: Verdict = { compared: names.length, listed: 0, unlisted: [] };
  for (const name of names) {
    const [a, b] = [here.get(name) ?? NOTHING, there.get(name) ?? NOTHING];
    if (a === b) continue;
    if (differences.accounts(`${program} ${name}`, platform, a, b)) verdict.listed++;
    else verdict.unlisted.push(`${program} ${name} on ${platform}: here '${a}', there '${b}'`);
  }
  return verdict;
}
