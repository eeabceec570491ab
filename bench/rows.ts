/** All rows, in the order of the table. */
import { collectorRows } from './collector.js';
import { commandRows } from './command.js';
import { engineRows } from './engine.js';
import { growthRows } from './growth.js';
import { guestCallRows } from './guest-calls.js';
import type { Row } from './row.js';
import { threadRows } from './threads.js';

export const rows: Row[] = [...engineRows, ...threadRows, ...guestCallRows, ...collectorRows, ...growthRows, ...commandRows];

/** The rows called `name`, or whose name begins with it and a slash: `speed` is `speed/ia32` and its like. */
export function rowsNamed(name: string): Row[] {
  return rows.filter((row) => row.name === name || row.name.startsWith(`${name}/`));
}
