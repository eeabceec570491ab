/** The port of the MPS as functions that a test guest calls: what libmps would do inside its entry points. */
import { hostFunction, type HostLibrary } from '../../../emulator/process/host-call.js';
import type { Process } from '../../../emulator/process/process.js';
import type { PortThread, ScanArea } from '../../../platforms/port.js';
import type { PosixOs } from '../../../platforms/posix/posix-os.js';
import { there } from '../../there.js';

export interface PortLog {
  /** Addresses the barrier handler was given. */
  faults: number[];
  /** Last areas that were found, and what they held, by name of the place. */
  areas: ScanArea[];
  words: { name: string; kind: string; value: number }[];
}

export function portLibrary(log: PortLog): (os: PosixOs, process: Process) => HostLibrary[] {
  return (os) => {
    const { port } = os;
    const threads: PortThread[] = [];
    const record = (areas: ScanArea[] | undefined): number => {
      log.areas = areas ?? [];
      log.words = [];
      for (const area of log.areas) {
        for (let at = area.base; at < area.limit; at += port.platform.wordSize) {
          log.words.push({ name: area.nameOf(at), kind: area.kind, value: port.memory.word(at) });
        }
      }
      return areas === undefined ? -1 : areas.length;
    };
    return [
      {
        name: 'libmps',
        functions: [
          hostFunction('port_arena', 'p(z)', (_call, size) => {
            const base = port.vmReserve(size, { topDown: false });
            if (base === undefined || !port.vmMap(base, base + size)) return 0;
            return base;
          }),
          hostFunction('port_release', 'v(pz)', (_call, base, size) => port.vmRelease(base, size)),
          hostFunction('port_protect', 'v(pzi)', (_call, base, size, mode) => port.protSet(base, base + size, mode)),
          hostFunction('port_setup', 'v()', () =>
            port.protSetup((address) => {
              log.faults.push(address);
              const page = address - (address % 4096);
              if (!os.system.memory.isMapped(page)) return false;
              port.protSet(page, page + 4096, 0);
              return true;
            }),
          ),
          hostFunction('port_register', 'i()', () => threads.push(there(port.threadRegister())) - 1),
          hostFunction('port_suspend', 'i(i)', (_call, n) => (port.threadSuspend(threads[n]) ? 1 : 0)),
          hostFunction('port_resume', 'i(i)', (_call, n) => (port.threadResume(threads[n]) ? 1 : 0)),
          hostFunction('port_scan', 'i(ip)', (_call, n, cold) => record(port.threadAreas(threads[n], cold))),
          hostFunction('port_scan_self', 'i(p)', (call, cold) => {
            const depth = port.stackBegin(call);
            const found = record(port.currentAreas(cold));
            port.stackEnd(depth);
            return found;
          }),
        ],
      },
    ];
  };
}

export function newLog(): PortLog {
  return { faults: [], areas: [], words: [] };
}
