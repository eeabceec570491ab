/** The system as the MPS's port sees it. */
import type { Platform } from '../codes.js';
import type { OsOptions } from '../os.js';
import type { SignalFunctions } from './signal-functions.js';
import type { PosixSystem } from './system.js';

export interface PortSystem extends PosixSystem {
  readonly platform: Platform;
  readonly options: OsOptions;
  readonly signalFunctions: SignalFunctions;
}
