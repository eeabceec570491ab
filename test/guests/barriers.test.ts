/**
 * Barriers are real: pages are protected, an access faults at the exact PC of a load or store of the program or the
 * C library, the handler is reached by the OS's own route, and the access is tried again. Without barriers the
 * program that needs them fails.
 */
import test, { type ExecutionContext } from 'ava';
import { openDisassembler } from '../../emulator/cpu/disassemble.js';
import type { EventName, MachineEvent } from '../../emulator/events.js';
import { placeName } from '../../emulator/process/code-names.js';
import { platforms, type Platform } from '../../platforms/codes.js';
import { runFixture, type Outcome } from './harness.js';
import { there } from '../there.js';

type Fault = MachineEvent<'fault'>;

interface Route {
  event: EventName;
  matches(event: MachineEvent, fault: Fault): boolean;
}

const segmentationFault = (e: MachineEvent, f: Fault): boolean =>
  e.event === 'signal' && e.signal === 'SIGSEGV' && e.address === f.address && e.pc === f.pc;

/** What each OS shows between a fault and the collector's handler. */
const routes: Record<Platform['os'], Route> = {
  linux: { event: 'signal', matches: segmentationFault },
  freebsd: { event: 'signal', matches: segmentationFault },
  windows: {
    event: 'exception',
    matches: (e, f) => e.event === 'exception' && e.code === 0xc0000005 && e.information[1] === BigInt(f.address),
  },
  macos: {
    event: 'mach-exception',
    matches: (e, f) => e.event === 'mach-exception' && e.type === 1 && e.code === 2 && e.address === f.address && e.pc === f.pc,
  },
};

/** The code bytes at `pc`, from the image that it lies in. */
function codeAt(outcome: Outcome, pc: number): Uint8Array | undefined {
  for (const { image, base } of outcome.machine.images.list) {
    const segment = image.segments.find((s) => pc >= base + s.offset && pc < base + s.offset + s.data.length);
    if (segment) return segment.data.subarray(pc - base - segment.offset, pc - base - segment.offset + 16);
  }
  return undefined;
}

interface Hit {
  protect: MachineEvent<'protect'> | undefined;
  fault: Fault;
  route: MachineEvent | undefined;
  barrier: MachineEvent<'barrier'>;
  resume: MachineEvent | undefined;
}

/** Each barrier hit with what led to it and what came of it. */
function hits(events: MachineEvent[], route: EventName): Hit[] {
  const found: Hit[] = [];
  const protections = new Map<number, MachineEvent<'protect'>>();
  let fault: Fault | undefined;
  let delivered: MachineEvent | undefined;
  for (const [i, event] of events.entries()) {
    if (event.event === 'protect') {
      for (let page = event.base; page < event.limit; page += 4096) protections.set(page, event);
    } else if (event.event === 'fault') {
      fault = event;
      delivered = undefined;
    } else if (event.event === route) {
      delivered = event;
    } else if (event.event === 'barrier') {
      const page = Math.floor(event.address / 4096) * 4096;
      const resume = events.slice(i).find((e) => e.event === 'fault-resume');
      found.push({ protect: protections.get(page), fault: there(fault), route: delivered, barrier: event, resume });
    }
  }
  return found;
}

async function check(t: ExecutionContext, platform: Platform): Promise<void> {
  const { code, cpu, os } = platform;
  const outcome = runFixture(code, 'barriers', {
    events: ['protect', 'fault', 'signal', 'exception', 'mach-exception', 'barrier', 'fault-resume'],
  });
  t.deepEqual(outcome.status, { kind: 'exit', code: 0 }, outcome.stdout);
  t.regex(outcome.stdout, /^barriers: checksum \d+ PASS\r?$/m);
  const { process } = outcome.machine;
  const disassembler = await openDisassembler(cpu);
  const all = hits(outcome.events, routes[os].event);
  t.true(all.length > 20, `${all.length} hits`);
  const places = new Map<string, number>();
  for (const { protect, fault, route, barrier, resume } of all) {
    t.is(fault.address, barrier.address);
    t.true(route !== undefined && routes[os].matches(route, fault), 'delivered by the route of the OS');
    t.true(protect !== undefined && protect.mode > 0 && (protect.mode & barrier.hit) === barrier.hit, 'protected against it before');
    t.is(resume?.pc, fault.pc, 'the access is tried again');
    t.is(resume?.thread, fault.thread);
    const host = process.gates.around(fault.pc);
    const place = process.names.find(fault.pc);
    const name = place ? placeName({ ...place, offset: 0 }) : 'nowhere';
    places.set(name, (places.get(name) ?? 0) + 1);
    if (host) continue;
    const bytes = codeAt(outcome, fault.pc);
    t.truthy(bytes, `no code at 0x${fault.pc.toString(16)}`);
    const [instruction] = disassembler.disassemble(there(bytes), fault.pc, 1);
    t.regex(instruction.text, /\[|^(rep |)(movs|stos|cmps|scas|lods)/, `${name}: ${instruction.text} touches no memory`);
    // A store that was refused is a write, and a write barrier's hit.
    if (barrier.hit === 2) t.is(fault.access, 2, `${name}: ${instruction.text}`);
  }
  const names = [...places.keys()].join(' ');
  t.regex(names, /write_vectors/, 'an old object is written to');
  t.regex(names, /reverse_list/, 'a moving list is read');
  t.regex(names, /!(strcpy|strncat|memcpy|strlen|qsort)/, 'machine code of the C library faults at its own PC');
  t.regex(names, /!sprintf/, 'a host function faults as its machine code would');
}

for (const platform of platforms) {
  test.serial(`barriers on ${platform.code}: protection, a fault at a load or store, and the access tried again`, (t) =>
    check(t, platform),
  );

  test.serial(`without barriers objects are lost on ${platform.code}`, (t) => {
    for (const part of ['write', 'read', 'library']) {
      const { status, stdout } = runFixture(platform.code, 'barriers', { args: [part], testHooks: { noBarriers: true } });
      t.false(status.kind === 'exit' && status.code === 0, `${part}: ${stdout}`);
      t.notRegex(stdout, /PASS/);
    }
  });
}
