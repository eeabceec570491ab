/** Public API for TypeScript users. */
// Each layer adds its events to `EventMap`.
import './emulator/process/events.js';
import './mps/events.js';
import './platforms/events.js';

export { startMachine, type Machine, type MachineOptions } from './machine/machine.js';
export { TraceLines } from './machine/trace-line.js';
export { crashReport } from './machine/crash-report.js';
export { reportOf, type Report } from './machine/report.js';
export { platforms, platform, type Platform } from './platforms/codes.js';
export { LoadError } from './emulator/loader/image.js';
export { EventStream, type EventMap, type EventName, type MachineEvent } from './emulator/events.js';
export type { Decision, Script } from './emulator/process/scheduler.js';
export type { ExitStatus } from './emulator/process/os-model.js';
export { Process } from './emulator/process/process.js';
export { Thread } from './emulator/process/thread.js';
