/** One row, in a process of its own, so that it comes out the same whatever was measured before it: prints the result as JSON. */
import { measureRow } from './row.js';
import { rows } from './rows.js';

const row = rows.find((r) => r.name === process.argv[2]);
if (!row) throw new Error(`there is no row '${process.argv[2]}'`);
process.stdout.write(JSON.stringify(measureRow(row)));
