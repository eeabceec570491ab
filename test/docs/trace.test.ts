/** The tables of events in docs/trace.md are those of the sources. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { EventSchema } from '../../emulator/event-schema.js';
import { processEvents } from '../../emulator/process/events.js';
import { eventSchema } from '../../machine/events.js';
import { mpsEvents } from '../../mps/events.js';
import { projectRoot } from '../../platforms/boot/boot.js';
import { platformEvents } from '../../platforms/events.js';

const page = join(projectRoot(), 'docs', 'trace.md');

function table(schema: EventSchema): string {
  const rows = Object.entries(schema).map(([name, { meaning, details }]) => {
    const each = Object.entries(details).map(([detail, { kind, meaning: what }]) => `\`${detail}\` (${kind}): ${what}`);
    return `| \`${name}\` | ${meaning} | ${each.join('<br>')} |`;
  });
  return ['| event | when | details |', '|---|---|---|', ...rows].join('\n');
}

const sections: [title: string, schema: EventSchema][] = [
  ['### Threads and faults', processEvents],
  ['### The operating system', platformEvents],
  ['### The MPS', mpsEvents],
];

test('docs/trace.md describes every event as the sources do', (t) => {
  const tables = sections.map(([title, schema]) => `${title}\n\n${table(schema)}`).join('\n\n');
  const text = readFileSync(page, 'utf8');
  const start = text.indexOf('### Threads and faults');
  t.not(start, -1);
  if (process.env.UPDATE_DOCS) writeFileSync(page, `${text.slice(0, start)}${tables}\n`);
  t.is(readFileSync(page, 'utf8').slice(start), `${tables}\n`, 'UPDATE_DOCS=1 writes the tables anew');
  const described = sections.flatMap(([, schema]) => Object.keys(schema));
  t.deepEqual(described.sort(), Object.keys(eventSchema).sort());
});
