/**
 * What it costs to go between guest and host, through a whole process: a host call, a
 * guest callback, and a barrier fault by each operating system's own route (fault, the OS's
 * structures on the guest's stack, handler, lifting the protection, resumption).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { X86 } from '../emulator/cpu/registers.js';
import { Prot } from '../emulator/engine.js';
import type { HostCall } from '../emulator/process/host-call.js';
import { startMachine, type Machine } from '../machine/machine.js';
import { projectRoot } from '../platforms/toolchain/paths.js';
import type { BenchResult } from './engine.js';

const CODE = 0x70000000;
const PAGE = 4096;

function start(code: string): Machine {
  const path = join(projectRoot(), 'fixtures', 'built', code, code.startsWith('w3') ? 'hello.exe' : 'hello');
  return startMachine({
    path,
    bytes: readFileSync(path),
    code,
    argv: ['bench'],
    env: [],
    seed: 0,
    quirks: [],
    directories: [],
    output: () => undefined,
    input: () => new Uint8Array(0),
    variety: 'hot',
    scan: [],
  });
}

/** Seconds to run x86-64 `bytes` with r12 = gate of `step`, r13 = rounds, r14 = gate that ends, rbx = data. */
function timeLoop(booted: Machine, bytes: number[], rounds: number, data: number, step: (call: HostCall) => void): number {
  const { process } = booted;
  process.space.map(CODE, PAGE, Prot.RX, { name: 'bench' });
  process.supervisor.write(CODE, Uint8Array.from(bytes));
  const gate = process.defineHostFunction({ name: 'step', signature: 'v()', run: step }, 'bench');
  const done = process.defineHostFunction({ name: 'done', signature: 'v()', run: () => process.end({ kind: 'exit', code: 0 }) }, 'bench');
  const registers = process.registers(process.threads[0]);
  registers.set(X86.rip, CODE);
  registers.set(X86.r12, gate);
  registers.set(X86.r13, rounds);
  registers.set(X86.r14, done);
  registers.set(X86.rbx, data);
  const before = globalThis.process.hrtime.bigint();
  const status = process.run();
  const seconds = Number(globalThis.process.hrtime.bigint() - before) / 1e9;
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

function best(rounds: number, run: () => number): number {
  return Math.min(...Array.from({ length: rounds }, run));
}

/** Many, so that what is measured is compiled code; and the best of a few, since other programs run on the machine too. */
const ROUNDS = 300_000;
const micro = (seconds: number): number => (seconds / ROUNDS) * 1e6;

export function hostCall(): number {
  return micro(best(5, () => timeLoop(start('lii6ll'), CALLS, ROUNDS, 0, () => undefined)));
}

/** A host call that calls a guest function that returns at once; the host call itself taken off. */
export function guestCallback(base: number): number {
  const run = (): number => {
    const booted = start('lii6ll');
    const { process } = booted;
    process.space.map(CODE + PAGE, PAGE, Prot.RX, { name: 'bench callback' });
    process.supervisor.write(CODE + PAGE, Uint8Array.from([0xc3]));
    return timeLoop(booted, CALLS, ROUNDS, 0, (call) => void call.callGuest(CODE + PAGE, 'p(pp)', [1, 2]));
  };
  return micro(best(5, run)) - base;
}

/**
 * A store to a write-protected page of the arena, among `pages` protected ones: fault, the OS's structures, handler,
 * the protection lifted, the store done. Raising the barriers again, sixteen at a time, is not counted.
 */
export function barrierFault(code: string, pages: number): number {
  const rounds = ROUNDS / BATCH;
  const run = (faults: boolean): number => {
    const machine = start(code);
    const { port } = machine.os;
    const size = (pages + 2 * BATCH) * PAGE;
    const base = port.vmReserve(size, { topDown: false })!;
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
      const before = globalThis.process.hrtime.bigint();
      if (!prepared) prepare();
      else if (faults) port.protSet(victims, victims + BATCH * PAGE, 2);
      excluded += Number(globalThis.process.hrtime.bigint() - before) / 1e9;
    });
    if (faults && served < rounds * BATCH - BATCH) throw new Error(`only ${served} faults`);
    return total - excluded;
  };
  return micro(best(5, () => run(true)) - best(3, () => run(false)));
}

export function guestCallResults(): BenchResult[] {
  const host = hostCall();
  const few = barrierFault('lii6ll', 16);
  const many = barrierFault('lii6ll', 65536);
  const others = ['fri6ll', 'w3i6mv', 'xci6ll'].map((code): BenchResult => ({
    name: `barrier-fault/${code}`,
    unit: 'us',
    value: barrierFault(code, 16),
  }));
  return [
    { name: 'host-call', unit: 'us', value: host },
    { name: 'guest-callback', unit: 'us', value: guestCallback(host) },
    { name: 'barrier-fault', unit: 'us', value: few },
    { name: 'barrier-fault-65536', unit: 'us', value: many, baseline: few, ratio: many / few },
    ...others,
  ];
}
