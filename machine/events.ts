/** Every event that a whole machine has, as its layers describe them. */
import type { EventMap } from '../emulator/events.js';
import type { EventDescription } from '../emulator/event-schema.js';
import { processEvents } from '../emulator/process/events.js';
import { mpsEvents } from '../mps/events.js';
import { platformEvents } from '../platforms/events.js';

export const eventSchema: Readonly<Record<keyof EventMap, EventDescription>> = { ...processEvents, ...platformEvents, ...mpsEvents };
