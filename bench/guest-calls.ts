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
import { startMachine, type Machine } from '../mps/machine.js';
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

/** Seconds of CPU time (other processes of the machine do not count) to run x86-64 `bytes` with r12 = gate of `step`, r13 = rounds, r14 = gate that ends, rbx = data. */
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
  const before = globalThis.process.cpuUsage();
  const status = process.run();
  const { user, system } = globalThis.process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  if (status.kind !== 'exit') throw new Error(`the benchmark's guest failed: ${JSON.stringify(status)}`);
  process.close();
  return seconds;
}

/** call r12; dec r13; jnz; call r14 */
const CALLS = [0x41, 0xff, 0xd4, 0x49, 0xff, 0xcd, 0x75, 0xf8, 0x41, 0xff, 0xd6];
/** mov [rbx], eax; then as above */
const STORES = [0x89, 0x03, 0x41, 0xff, 0xd4, 0x49, 0xff, 0xcd, 0x75, 0xf6, 0x41, 0xff, 0xd6];

function best(rounds: number, run: () => number): number {
  return Math.min(...Array.from({ length: rounds }, run));
}

const ROUNDS = 100_000;
const micro = (seconds: number): number => (seconds / ROUNDS) * 1e6;

export function hostCall(): number {
  return micro(best(3, () => timeLoop(start('lii6ll'), CALLS, ROUNDS, 0, () => undefined)));
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
  return micro(best(3, run)) - base;
}

/** A store to a write-protected page of the arena, among `pages` protected ones; raising the barrier again taken off. */
export function barrierFault(code: string, pages: number): number {
  const run = (faults: boolean): number => {
    const booted = start(code);
    const { port } = booted.os;
    const size = (pages + 2) * PAGE;
    const base = port.vmReserve(size, { topDown: false })!;
    if (!port.vmMap(base, base + size)) throw new Error('no memory for the benchmark');
    for (let at = base; at < base + size; at += PAGE) port.memory.setU8(at, 1);
    const victim = base + Math.floor(pages / 2) * PAGE;
    return timeLoop(
      booted,
      STORES,
      ROUNDS,
      victim,
      (() => {
        let prepared = false;
        return () => {
          if (!prepared) {
            prepared = true;
            port.protSetup(
              (address) => (port.protSet(Math.floor(address / PAGE) * PAGE, Math.floor(address / PAGE) * PAGE + PAGE, 0), true),
            );
            port.threadRegister();
            port.protSet(base, base + size, 2);
            if (!faults) port.protSet(victim, victim + PAGE, 0);
            return;
          }
          if (faults) port.protSet(victim, victim + PAGE, 2);
        };
      })(),
    );
  };
  return micro(best(3, () => run(true))) - micro(best(3, () => run(false)));
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
