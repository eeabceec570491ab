/**
 * The MPS as a library that guests link against: every function of the kit's public
 * headers, as host functions. The data that guests refer to (keyword keys and
 * mps_args_none) is in the guest half of the library.
 */
import { OptionError, type HostLibrary, type Port } from '../../platforms/port.js';
import { allocationPointFunctions } from './allocation-points.js';
import { arenaFunctions } from './arenas.js';
import { Client, type ClientOptions } from './client.js';
import { formatFunctions } from './formats.js';
import { introspectionFunctions } from './introspection.js';
import { locationDependencyFunctions } from './location-dependency.js';
import { messageFunctions } from './messages.js';
import { plinthFunctions } from './plinth-library.js';
import { poolFunctions } from './pools.js';
import { collectorReport, type CollectorReport } from './report.js';
import { rootFunctions } from './roots.js';
import { scanningFunctions, scanningProbes } from './scanning.js';
import { segregatedCacheFunctions } from './segregated-cache.js';
import { telemetryFunctions } from './telemetry.js';

export type { ClientOptions };

export interface MpsLibrary {
  library: HostLibrary;
  report(): CollectorReport;
}

export function mpsLibrary(port: Port, options: ClientOptions): MpsLibrary {
  if (options.scan.length > 0) {
    throw new OptionError(`there is no scan policy '${options.scan[0]}'; there are none yet`);
  }
  const client = new Client(port, options);
  const functions = [
    ...arenaFunctions(client),
    ...formatFunctions(client),
    ...poolFunctions(client),
    ...allocationPointFunctions(client),
    ...segregatedCacheFunctions(client),
    ...rootFunctions(client),
    ...scanningFunctions(client),
    ...locationDependencyFunctions(client),
    ...messageFunctions(client),
    ...introspectionFunctions(client),
    ...telemetryFunctions(client),
    ...plinthFunctions(client),
  ];
  const probes = scanningProbes(client);
  const loaded: HostLibrary['loaded'] = (address) => {
    client.nextPinned = address('_mps_next_pinned');
  };
  return { library: { name: 'libmps', functions, probes, loaded }, report: () => collectorReport(client.arenas) };
}
