/**
 * Control of the telemetry stream. No stream is written yet: the filter and the
 * interned labels are kept as the interface says, and labelling is an event.
 * Source: mps.h, and the telemetry chapter of the MPS manual.
 */
import type { HostFunction } from '../../platforms/port.js';
import type { Client } from './client.js';

/** The library's own version string has the first label. */
const FIRST_LABEL = 2;
const LONGEST_LABEL = 255;

export function telemetryFunctions(client: Client): HostFunction[] {
  let filter = 0n;
  const labels: string[] = [];
  const d = client.define;
  return [
    d('mps_telemetry_set', 'v(w)', (_call, bits) => void (filter |= bits)),
    d('mps_telemetry_reset', 'v(w)', (_call, bits) => void (filter &= ~bits)),
    d('mps_telemetry_get', 'w()', () => filter),
    d('mps_telemetry_flush', 'v()', () => undefined),
    d('mps_telemetry_intern', 'z(p)', (call, text) => {
      client.aver(text !== 0, call.fn.name, 'label != NULL');
      const label = call.memory.cString(text);
      client.aver(Buffer.byteLength(label) <= LONGEST_LABEL, call.fn.name, 'length <= EventStringLengthMAX');
      labels.push(label);
      return labels.length - 1 + FIRST_LABEL;
    }),
    d('mps_telemetry_label', 'v(pz)', (call, address, id) => {
      client.aver(id < labels.length + FIRST_LABEL, call.fn.name, 'id < EventNextInternId');
      client.port.events.emit('label', { address, label: labels[id - FIRST_LABEL] ?? String(id) });
    }),
  ];
}
