/**
 * One line of a trace: an event as JSON. Addresses and words are hexadecimal; what is known of code goes beside it:
 * `function` and `line` for the PC, `handlerFunction` and `handlerLine` for a detail called `handler`.
 */
import type { DetailKind } from '../emulator/event-schema.js';
import { hexAddress } from '../emulator/memory/hex-address.js';
import type { MachineEvent } from '../emulator/events.js';
import { lineName, placeName, type CodeNames } from '../emulator/process/code-names.js';
import { eventSchema } from './events.js';

type Field = [name: string, value: unknown];

/** What is no number is shown as it is. */
const word = (value: unknown): unknown => (typeof value === 'number' || typeof value === 'bigint' ? hexAddress(value) : value);

function valueOf(kind: DetailKind, value: unknown): unknown {
  switch (kind) {
    case 'address':
    case 'code':
    case 'word':
      return word(value);
    case 'words':
      return Array.isArray(value) ? value.map(word) : value;
    default:
      return value;
  }
}

export class TraceLines {
  /** Names of addresses in functions; they stay what they are. */
  private readonly known = new Map<number, Field[]>();

  constructor(private readonly names: Pick<CodeNames, 'find'>) {}

  text(event: MachineEvent): string {
    const { t, thread, pc, event: name, ...details } = event;
    const fields: Field[] = [
      ['t', t],
      ['thread', thread],
      ['pc', hexAddress(pc)],
      ...this.namesOf(pc, 'function', 'line'),
      ['event', name],
    ];
    const described = eventSchema[name].details;
    for (const [detail, value] of Object.entries(details)) {
      const { kind } = described[detail];
      fields.push([detail, valueOf(kind, value)]);
      if (kind === 'code' && typeof value === 'number') fields.push(...this.namesOf(value, `${detail}Function`, `${detail}Line`));
    }
    return JSON.stringify(Object.fromEntries(fields));
  }

  private namesOf(address: number, functionField: string, lineField: string): Field[] {
    const key = functionField === 'function' ? address : undefined;
    const known = key === undefined ? undefined : this.known.get(key);
    if (known) return known;
    const place = this.names.find(address);
    if (!place) return [];
    const fields: Field[] = [[functionField, placeName(place)]];
    if (place.source) fields.push([lineField, lineName(place.source)]);
    if (key !== undefined && place.function !== undefined) this.known.set(key, fields);
    return fields;
  }
}
