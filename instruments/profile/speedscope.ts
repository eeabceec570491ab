/** A profile in speedscope's own file format (the project's wiki, "Importing from custom sources"): one profile a thread. */
import type { ProfiledFunction, ThreadProfile } from './profiler.js';

export interface SpeedscopeFile {
  $schema: 'https://www.speedscope.app/file-format-schema.json';
  name: string;
  exporter: string;
  activeProfileIndex: 0;
  shared: { frames: ProfiledFunction[] };
  profiles: {
    type: 'sampled';
    name: string;
    unit: 'none';
    startValue: 0;
    endValue: number;
    samples: number[][];
    weights: number[];
  }[];
}

export function speedscopeFile(name: string, functions: ProfiledFunction[], threads: ThreadProfile[]): SpeedscopeFile {
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'mps-emulator',
    activeProfileIndex: 0,
    shared: { frames: functions },
    profiles: threads
      .filter((thread) => thread !== undefined)
      .map(({ thread, name: threadName, runs }) => ({
        type: 'sampled',
        name: `thread ${thread} (${threadName}), instructions`,
        unit: 'none',
        startValue: 0,
        endValue: runs.reduce((sum, run) => sum + run.instructions, 0),
        samples: runs.map((run) => run.stack),
        weights: runs.map((run) => run.instructions),
      })),
  };
}
