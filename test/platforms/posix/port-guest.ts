/** The port of the MPS as functions that a test guest calls: what libmps would do inside its entry points. */
import type { HostCall, HostLibrary } from '../../../emulator/process/host-call.js';
import type { Process } from '../../../emulator/process/process.js';
import type { PortThread, ScanArea } from '../../../platforms/port.js';
import type { PosixOs } from '../../../platforms/posix/posix-os.js';

export interface PortLog {
  /** Addresses the barrier handler was given. */
  faults: number[];
  /** Last areas that were found, and what they held, by name of the place. */
  areas: ScanArea[];
  words: { name: string; kind: string; value: number }[];
}

export const PORT_PRELUDE = `
extern void *port_arena(word size); extern void port_protect(void *, word size, int mode); extern void port_setup(void);
extern int port_register(void); extern int port_suspend(int); extern int port_resume(int); extern int port_scan(int, void *cold); extern int port_scan_self(void *cold);
extern void port_release(void *, word size);
`;

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
          {
            name: 'port_arena',
            signature: 'p(z)',
            run: (_call, size: number) => {
              const base = port.vmReserve(size);
              if (base === undefined || !port.vmMap(base, base + size)) return 0;
              return base;
            },
          },
          { name: 'port_release', signature: 'v(pz)', run: (_call, base: number, size: number) => port.vmRelease(base, size) },
          {
            name: 'port_protect',
            signature: 'v(pzi)',
            run: (_call, base: number, size: number, mode: number) => port.protSet(base, base + size, mode),
          },
          {
            name: 'port_setup',
            signature: 'v()',
            run: () =>
              port.protSetup((address) => {
                log.faults.push(address);
                const page = address - (address % 4096);
                if (!os.memory.isMapped(page)) return false;
                port.protSet(page, page + 4096, 0);
                return true;
              }),
          },
          { name: 'port_register', signature: 'i()', run: () => threads.push(port.threadRegister()!) - 1 },
          { name: 'port_suspend', signature: 'i(i)', run: (_call, n: number) => (port.threadSuspend(threads[n]) ? 1 : 0) },
          { name: 'port_resume', signature: 'i(i)', run: (_call, n: number) => (port.threadResume(threads[n]) ? 1 : 0) },
          { name: 'port_scan', signature: 'i(ip)', run: (_call, n: number, cold: number) => record(port.threadAreas(threads[n], cold)) },
          {
            name: 'port_scan_self',
            signature: 'i(p)',
            run: (call: HostCall, cold: number) => {
              const end = port.stackBegin(call);
              const found = record(port.currentAreas(cold));
              end();
              return found;
            },
          },
        ],
      },
    ];
  };
}

export function newLog(): PortLog {
  return { faults: [], areas: [], words: [] };
}
