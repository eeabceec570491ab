/** One process's C library: what its functions share. */
import type { HostCall } from '../../emulator/process/host-call.js';
import { GuestFiles } from './files.js';
import { LibraryCore, type CLibraryContext } from './library-core.js';
import { StreamTable } from './stream-table.js';
import { WindowsSignals } from './windows-signals.js';

export type { CLibraryContext } from './library-core.js';

export class CLibrary extends LibraryCore {
  readonly files: GuestFiles;
  readonly streams: StreamTable;
  readonly windowsSignals: WindowsSignals | undefined;

  constructor(context: CLibraryContext) {
    super(context);
    const windows = this.traits.os === 'windows';
    this.files = new GuestFiles(context.options.directories, windows);
    this.streams = new StreamTable(this);
    this.windowsSignals = windows ? new WindowsSignals(this) : undefined;
  }

  /** Print `message` on standard error, then do what abort() does. */
  abort(call: HostCall, message: string): never {
    // abort runs the guest's SIGABRT handler, which returns to this very call: say it once.
    const state = call.attempt(() => ({ said: false }));
    if (!state.said) {
      state.said = true;
      this.streams.byNumber(2)?.write(new TextEncoder().encode(`${message}\n`));
    }
    if (this.windowsSignals) this.windowsSignals.abort(call, message);
    this.osFunction('abort')?.run(call);
    return this.process.end({ kind: 'signal', signal: 6, text: `SIGABRT: ${message}` });
  }
}
