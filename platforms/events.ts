/** The events of the OS models: how a fault, signal or exception travels, by each system's own names. */
import { address, code, event, maybeAddress, number, text, words, type DetailsOf } from '../emulator/event-schema.js';

export const platformEvents = {
  signal: event('POSIX: a signal frame was pushed for a handler.', {
    to: number('the thread that gets it'),
    signal: text('SIGSEGV, …'),
    code: number('`si_code`'),
    address: maybeAddress('`si_addr`, where the signal has one'),
    handler: code('the handler'),
  }),
  'signal-return': event('POSIX: a handler is over; the thread has the registers of its frame again.', {}),
  exception: event("Windows: an exception goes to the process's handlers.", {
    code: number('the exception code, as in EXCEPTION_RECORD'),
    address: code('where it happened'),
    information: words('ExceptionInformation'),
  }),
  'mach-exception': event('macOS: an exception goes to the exception ports.', {
    type: number('EXC_BAD_ACCESS = 1, …'),
    code: number('`code[0]`'),
    address: address('`code[1]`: of a bad access, the address'),
  }),
  'debug-string': event('Windows: OutputDebugString.', { text: text('what it says') }),
};

declare module '../emulator/events.js' {
  interface EventMap extends DetailsOf<typeof platformEvents> {}
}
