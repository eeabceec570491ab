/** One process's C library: what its functions share. */
import type { HostCall } from '../../emulator/process/host-call.js';
import { GuestFiles } from './files.js';
import { LibraryCore, type CLibraryContext } from './library-core.js';
import { StreamTable } from './stream-table.js';
import { WindowsSignals } from './windows-signals.js';

export type { CLibraryContext } from './library-core.js';

/** What a call that aborts keeps, while the guest's SIGABRT handler runs. */
interface Abortion {
  readonly message: string;
  said: boolean;
}

export class CLibrary extends LibraryCore {
  readonly files: GuestFiles;
  readonly streams: StreamTable;
  readonly windowsSignals: WindowsSignals | undefined;

  constructor(context: CLibraryContext) {
    super(context);
    const windows = this.traits.os === 'windows';
    this.files = new GuestFiles(context.options.directories, windows, (units) => context.process.clock.advance(units));
    this.streams = new StreamTable(this);
    this.windowsSignals = windows ? new WindowsSignals(this) : undefined;
  }

  override abort(call: HostCall, message: string): never {
    // abort runs the guest's SIGABRT handler, which returns to this very call: say it once.
    const state = call.attempt((): Abortion => ({ message, said: false }));
    if (!state.said) {
      state.said = true;
      this.streams.byNumber(2)?.write(new TextEncoder().encode(`${message}\n`));
    }
    if (this.windowsSignals) this.windowsSignals.abort(call, message);
    this.osFunction('abort')?.run(call);
    return this.process.end({ kind: 'signal', signal: 6, text: `SIGABRT: ${message}` });
  }

  /** Goes on aborting: a call that has begun to is made again from its start when the handler returns. */
  goOnAborting(call: HostCall): void {
    const begun = call.attempted<Abortion>();
    if (begun) this.abort(call, begun.message);
  }
}
