/** The system as the MPS's port sees it. */
import type { SignalFunctions } from './signal-functions.js';
import type { PosixSystem } from './system.js';

export interface PortSystem extends PosixSystem {
  readonly signalFunctions: SignalFunctions;
}
