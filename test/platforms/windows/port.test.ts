/** The port of the MPS to Windows, called by compiled guests through host functions as the MPS would be. */
import type { HostFunction } from '../../../emulator/process/host-call.js';
import type { PortThread, ScanArea } from '../../../platforms/port.js';
import { win32 } from '../../../platforms/windows/call.js';
import type { Windows } from '../../../platforms/windows/windows.js';
import { codes, compile, missing, run, values } from './guest.js';
import { needing } from '../../needs.js';
import { there } from '../../there.js';

/** Where a value was found. */
const NOWHERE = 0;
const STACK = 1;
const REGISTERS = 2;
/** Added by the guest to what is to be found, so that the argument itself is not it. */
const SOUGHT = 0x100000;

interface Probe {
  functions: HostFunction[];
  names: string[];
}

function probe(os: Windows): Probe {
  const { port } = os;
  const threads: PortThread[] = [];
  const names: string[] = [];
  let hits = 0;
  const find = (areas: ScanArea[] | undefined, value: number): number => {
    let found = NOWHERE;
    for (const area of areas ?? []) {
      for (let at = area.base; at < area.limit; at += port.memory.wordSize) {
        if (port.memory.word(at) !== value) continue;
        names.push(area.nameOf(at));
        found |= area.kind === 'stack' ? STACK : REGISTERS;
      }
    }
    return found;
  };
  const define = win32;
  const functions = [
    define('port_setup', 'v(p)', (_call, page) =>
      port.protSetup((address, mode) => {
        if (address < page || address >= page + 0x1000) return false;
        hits += mode === 1 ? 1 : 0x10;
        port.protSet(page, page + 0x1000, 0);
        return true;
      }),
    ),
    define('port_protect', 'v(pi)', (_call, page, mode) => port.protSet(page, page + 0x1000, mode)),
    define('port_hits', 'i()', () => hits),
    define('port_register', 'i()', () => threads.push(there(port.threadRegister())) - 1),
    define('port_find', 'i(ipp)', (call, id, cold, value) => {
      const depth = port.stackBegin(call);
      if (port.isCurrent(threads[id]) || !port.threadSuspend(threads[id])) throw new Error('cannot suspend');
      const found = find(port.threadAreas(threads[id], cold), value);
      if (!port.threadResume(threads[id])) throw new Error('cannot resume');
      port.stackEnd(depth);
      return found;
    }),
    define('port_find_own', 'i(pp)', (call, cold, value) => {
      const depth = port.stackBegin(call);
      const found = find(port.currentAreas(cold), value - SOUGHT);
      port.stackEnd(depth);
      return found;
    }),
    define('port_dead', 'i(i)', (_call, id) => {
      const dead = !port.threadSuspend(threads[id]) && port.threadAreas(threads[id], 2 ** 40) === undefined;
      port.threadDeregister(threads[id]);
      return dead ? 1 : 0;
    }),
  ];
  return { functions, names };
}

for (const code of codes) {
  const title = `${code}: barriers, stopped threads and the caller's own stack`;
  needing(missing)(title, (t) => {
    let names: string[] = [];
    const { output, status } = run(
      code,
      compile(
        code,
        'port',
        [],
        ['port_setup@4', 'port_register@0', 'port_find@12', 'port_find_own@8', 'port_protect@8', 'port_hits@0', 'port_dead@4'],
      ),
      {
        extra: (os) => {
          const made = probe(os);
          names = made.names;
          return made.functions;
        },
      },
    );
    t.deepEqual(status, { kind: 'exit', code: 0 });
    const wide = code === 'w3i6mv';
    t.deepEqual(values(output), {
      'read-hits': 1,
      'no-hits': 1,
      'write-hits': 0x11,
      'system-call': 0,
      noaccess: 998,
      still: 0x11,
      register: REGISTERS,
      'scratch-register': REGISTERS,
      'stack-slot': STACK,
      'below-sp': NOWHERE,
      vector: NOWHERE,
      'cold-below-sp': NOWHERE,
      'blocked-slot': STACK,
      'blocked-gone': NOWHERE,
      dead: 1,
      'own-slot': STACK,
      'own-register': wide ? REGISTERS | (REGISTERS << 4) : REGISTERS,
    });
    t.is(names[0], wide ? 'rbx' : 'ebx');
    t.is(names[1], wide ? 'rcx' : 'ecx');
    t.regex(names[2], wide ? /^\[rsp\+0x[0-9a-f]+\]$/ : /^\[esp\+0x[0-9a-f]+\]$/);
  });
}
