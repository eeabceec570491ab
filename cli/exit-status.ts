/**
 * Exit statuses of the command, and the errors that lead to them. Everything a
 * user can do wrong ends in one line on stderr and one of these.
 */
export const ExitCode = {
  /** A fault of the command itself, or output that nobody could write. */
  Internal: 70,
  /** No thread can ever run again. */
  Deadlock: 122,
  /** The program wants what the machine does not have, or did what leads nowhere. */
  NotProvided: 123,
  Budget: 124,
  Usage: 125,
  CannotLoad: 126,
  NotFound: 127,
  SignalBase: 128,
  /** The reader of our output has gone: what SIGPIPE does to a Unix program. */
  Pipe: 141,
} as const;

export class CommandError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Lines below the message: what a tool said. */
    readonly below: readonly string[] = [],
  ) {
    super(message);
  }
}

export function usageError(message: string): CommandError {
  return new CommandError(ExitCode.Usage, message);
}
