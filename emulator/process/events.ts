/** The events of a process and its scheduler. */
import { address, code, event, number, record, text, type DetailsOf, word } from '../event-schema.js';
import type { ExitStatus } from './os-model.js';

export const processEvents = {
  'module-load': event('A program or library was put into memory.', {
    path: text('its name, as it was asked for'),
    base: address('its base'),
    limit: address('first address above it'),
    by: text('the module that needs it'),
  }),
  switch: event('The scheduler runs another thread.', { to: number('that thread') }),
  'thread-block': event('The thread waits.', { on: text('what it waits for') }),
  'thread-start': event('A thread was created.', {
    started: number('its number'),
    start: code('its start routine'),
    stackBase: address('lowest address of its stack'),
    stackLimit: address('first address above its stack'),
  }),
  'thread-end': event('A thread ended.', { ended: number('its number'), value: word('its result or exit code') }),
  fault: event('The CPU was refused an access by the instruction at `pc`, or a host function was on behalf of its caller.', {
    address: address('what was to be accessed'),
    access: number('1 read, 2 write, 4 fetch'),
  }),
  'fault-resume': event('The thread is back at the `pc` of its fault and tries the access again.', {}),
  exit: event('The run is over.', {
    status: record<ExitStatus | undefined>('`kind` (exit, signal, budget, error) with `code`, or `signal` and `text`'),
  }),
};

declare module '../events.js' {
  interface EventMap extends DetailsOf<typeof processEvents> {}
}
