/**
 * What it costs to go between guest and host, through a whole process: a host call, a
 * guest callback, and a barrier fault by each operating system's own route (fault, the OS's
 * structures on the guest's stack, handler, lifting the protection, resumption).
 */
import { present } from '../emulator/present.js';
import { X86 } from '../emulator/cpu/registers.js';
import { Prot } from '../emulator/engine.js';
import { hostFunction, type HostCall } from '../emulator/process/host-call.js';
import type { Machine } from '../machine/machine.js';
import { fixtureMachine } from './fixture.js';
import { cpuTime, type Row } from './row.js';

const CODE = 0x70000000;
const PAGE = 4096;

const start = (code: string): Machine => fixtureMachine(code, 'hello');

/** Seconds to run x86-64 `bytes` with r12 = gate of `step`, r13 = rounds, r14 = gate that ends, rbx = data. */
function timeLoop(booted: Machine, bytes: number[], rounds: number, data: number, step: (call: HostCall) => void): number {
  const { process } = booted;
  process.space.map(CODE, PAGE, Prot.RX, { name: 'bench' });
  process.supervisor.write(CODE, Uint8Array.from(bytes));
  const gate = process.defineHostFunction(hostFunction('step', 'v()', step), 'bench');
  const done = process.defineHostFunction(
    hostFunction('done', 'v()', () => process.end({ kind: 'exit', code: 0 })),
    'bench',
  );
  const registers = process.registers(process.threads[0]);
  registers.set(X86.rip, CODE);
  registers.set(X86.r12, gate);
  registers.set(X86.r13, rounds);
  registers.set(X86.r14, done);
  registers.set(X86.rbx, data);
  const before = cpuTime();
  const status = process.run();
  const seconds = cpuTime() - before;
  if (status.kind !== 'exit') throw new Error(`the benchmark's guest failed: ${JSON.stringify(status)}`);
  process.close();
  return seconds;
}

/** call r12; dec r13; jnz; call r14 */
const CALLS = [0x41, 0xff, 0xd4, 0x49, 0xff, 0xcd, 0x75, 0xf8, 0x41, 0xff, 0xd6];
/** Pages that one round of STORES touches, one store each. */
const BATCH = 16;
/** xor r15d, r15d; (mov [rbx+r15], eax; add r15, 4096; cmp r15, BATCH * 4096; jb); call r12; dec r13; jnz; call r14 */
const STORES = [
  ...[0x45, 0x31, 0xff, 0x42, 0x89, 0x04, 0x3b, 0x49, 0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, 0x49, 0x81, 0xff, 0x00, 0x00, BATCH >> 4, 0x00],
  ...[0x72, 0xec, 0x41, 0xff, 0xd4, 0x49, 0xff, 0xcd, 0x75, 0xe1, 0x41, 0xff, 0xd6],
];

/** Many, so that what is measured is compiled code. */
const ROUNDS = 100_000;
const micro = (seconds: number): number => (seconds / ROUNDS) * 1e6;

function hostCall(): number {
  return micro(timeLoop(start('lii6ll'), CALLS, ROUNDS, 0, () => undefined));
}

/** A host call that calls a guest function that returns at once; the host call itself taken off. */
function guestCallback(): number {
  const booted = start('lii6ll');
  const { process } = booted;
  process.space.map(CODE + PAGE, PAGE, Prot.RX, { name: 'bench callback' });
  process.supervisor.write(CODE + PAGE, Uint8Array.from([0xc3]));
  return micro(timeLoop(booted, CALLS, ROUNDS, 0, (call) => void call.callGuest(CODE + PAGE, 'p(pp)', [1, 2]))) - hostCall();
}

/**
 * A store to a write-protected page of the arena, among `pages` protected ones: fault, the OS's structures, handler,
 * the protection lifted, the store done. Raising the barriers again, sixteen at a time, is not counted.
 */
function barrierFault(code: string, pages: number): number {
  const rounds = ROUNDS / BATCH;
  const run = (faults: boolean): number => {
    const machine = start(code);
    const { port } = machine.os;
    const size = (pages + 2 * BATCH) * PAGE;
    const base = present(port.vmReserve(size, { topDown: false }), 'address space');
    if (!port.vmMap(base, base + size)) throw new Error('no memory for the benchmark');
    for (let at = base; at < base + size; at += PAGE) port.memory.setU8(at, 1);
    const victims = base + Math.floor(pages / 2) * PAGE;
    const pageOf = (address: number): number => Math.floor(address / PAGE) * PAGE;
    let excluded = 0;
    let prepared = false;
    let served = 0;
    const prepare = (): void => {
      prepared = true;
      port.protSetup((address) => (served++, port.protSet(pageOf(address), pageOf(address) + PAGE, 0), true));
      port.threadRegister();
      port.protSet(base, base + size, 2);
      if (!faults) port.protSet(victims, victims + BATCH * PAGE, 0);
    };
    const total = timeLoop(machine, STORES, rounds, victims, () => {
      const before = cpuTime();
      if (!prepared) prepare();
      else if (faults) port.protSet(victims, victims + BATCH * PAGE, 2);
      excluded += cpuTime() - before;
    });
    if (faults && served < rounds * BATCH - BATCH) throw new Error(`only ${served} faults`);
    return total - excluded;
  };
  return micro(run(true) - run(false));
}

/** Measured once before it counts: the first run compiles. */
const row = (name: string, goal: string | undefined, measure: () => number, baseline?: () => number): Row => ({
  name,
  unit: 'us',
  ...(goal !== undefined && { goal }),
  open() {
    measure();
    return () => ({ value: measure(), ...(baseline && { baseline: baseline() }) });
  },
});

const linux = (): number => barrierFault('lii6ll', 16);

export const guestCallRows: Row[] = [
  row('host-call', '< 0.7', hostCall),
  row('guest-callback', '< 1.5', guestCallback),
  row('barrier-fault', '< 5', linux),
  row('barrier-fault-65536', '<= 1.3 times the same among 16 pages', () => barrierFault('lii6ll', 65536), linux),
  // Beside Linux's, as the route is longer or shorter.
  row('barrier-fault/fri6ll', undefined, () => barrierFault('fri6ll', 16), linux),
  row('barrier-fault/w3i6mv', undefined, () => barrierFault('w3i6mv', 16), linux),
  row('barrier-fault/xci6ll', "<= 1.5 times Linux's", () => barrierFault('xci6ll', 16), linux),
];
