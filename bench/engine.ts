/**
 * What the engine costs, against the bare loop (bench/native): speed with exact counting,
 * four contexts in quanta of 1,000 instructions, a step with registers, and a fault that
 * is answered by lifting a page's protection, with few and with 65,536 protected pages.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { A64, X86 } from '../emulator/cpu/registers.js';
import { Exit, Prot } from '../emulator/engine.js';
import type { CpuName, Engine } from '../emulator/engine.js';
import { AddressSpace } from '../emulator/memory/address-space.js';
import { openEngine } from '../emulator/native-engine.js';
import { kernel } from './kernels.js';

export interface BenchResult {
  name: string;
  unit: string;
  value: number;
  baseline?: number;
  ratio?: number;
}

const CPUS: CpuName[] = ['ia32', 'x86-64', 'arm64'];
const CODE = 0x10000;
const DATA = 0x200000;

function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const seconds = (): number => Number(process.hrtime.bigint()) / 1e9;

/** Seconds of the fastest of a few rounds. */
function fastest(rounds: number, run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < rounds; i++) {
    const start = seconds();
    run();
    best = Math.min(best, seconds() - start);
  }
  return best;
}

/**
 * Where the host's translation of a loop happens to lie changes its speed by a sixth. So
 * everything is measured behind a few different preambles, and the best counts.
 */
export function preambles(cpu: CpuName): Uint8Array[] {
  const [nop, jump] =
    cpu === 'arm64'
      ? [
          [0x1f, 0x20, 0x03, 0xd5],
          [0x01, 0, 0, 0x14],
        ]
      : [[0x90], [0xeb, 0]];
  return [[], nop, jump, [...nop, ...nop], [...jump, ...jump], [...jump, ...nop]].map((bytes) => Uint8Array.from(bytes));
}

const withPreamble = (cpu: CpuName, preamble: Uint8Array): Uint8Array => Uint8Array.from([...preamble, ...kernel(cpu)]);

export function bareSpeed(cpu: CpuName, instructions = 100_000_000): number {
  const program = join(projectRoot(), 'emulator', 'native', 'build', 'bare-loop');
  const rates = preambles(cpu).map((preamble) => {
    const hex = Buffer.from(withPreamble(cpu, preamble)).toString('hex');
    return (JSON.parse(execFileSync(program, [cpu, hex, String(instructions)], { encoding: 'utf8' })) as { mips: number }).mips;
  });
  return Math.max(...rates);
}

function open(cpu: CpuName, code = kernel(cpu)): Engine {
  const engine = openEngine({ cpu });
  engine.mapPages(CODE, 0x1000, Prot.RX);
  engine.mapPages(DATA, 0x10000, Prot.RW);
  new Uint8Array(engine.physical).set(code, engine.translate(CODE, 0));
  return engine;
}

function start(engine: Engine, skew = 0): void {
  const { registers } = engine;
  const arm = engine.cpu === 'arm64';
  registers.set(arm ? A64.x1 : X86.rbx, DATA + skew);
  registers.set(arm ? A64.x2 : X86.rcx, 0x7fffffff);
  registers.set(arm ? A64.pc : X86.rip, CODE);
}

/** Million instructions a second, counted exactly. */
export function countedSpeed(cpu: CpuName, instructions = 100_000_000): number {
  const rates = preambles(cpu).map((preamble) => {
    const engine = open(cpu, withPreamble(cpu, preamble));
    start(engine);
    engine.run(1_000_000);
    const time = fastest(3, () => {
      if (engine.run(instructions) !== Exit.Budget || engine.exit.executed !== instructions) throw new Error('not counted exactly');
    });
    engine.close();
    return instructions / time / 1e6;
  });
  return Math.max(...rates);
}

/** The same by four contexts in turn, each for `quantum` instructions; they start at different places of the loop. */
export function switchedSpeed(cpu: CpuName, quantum = 1000, instructions = 10_000_000): number {
  return Math.max(...preambles(cpu).map((preamble) => switchedRate(cpu, withPreamble(cpu, preamble), quantum, instructions)));
}

function switchedRate(cpu: CpuName, code: Uint8Array, quantum: number, instructions: number): number {
  const engine = open(cpu, code);
  const contexts = [0, 1, 2, 3].map((i) => {
    const context = engine.newContext();
    engine.restoreContext(context);
    start(engine, i * 0x1000);
    engine.run(3 * i + 1); // so that quanta end inside blocks
    engine.saveContext(context);
    return context;
  });
  const quanta = instructions / quantum;
  const time = fastest(3, () => {
    for (let i = 0; i < quanta; i++) {
      const context = contexts[i & 3];
      engine.restoreContext(context);
      if (engine.run(quantum) !== Exit.Budget || engine.exit.executed !== quantum) throw new Error('not counted exactly');
      engine.saveContext(context);
    }
  });
  engine.close();
  return instructions / time / 1e6;
}

/** Microseconds of one step, its registers written before and read after. */
export function stepTime(cpu: CpuName, steps = 200_000): number {
  const engine = open(cpu);
  start(engine);
  const { registers } = engine;
  let sum = 0;
  const time = fastest(3, () => {
    for (let i = 0; i < steps; i++) {
      registers.set(0, i);
      engine.run(1);
      sum += registers.get(cpu === 'arm64' ? A64.pc : X86.rip);
    }
  });
  engine.close();
  return sum > 0 ? (time / steps) * 1e6 : NaN;
}

/** Microseconds of: a call of an address that can't be fetched, the exit, a return by the host. */
export function hostCallTime(cpu: CpuName, calls = 200_000): number {
  const engine = open(cpu);
  const { registers } = engine;
  const arm = cpu === 'arm64';
  const pc = arm ? A64.pc : X86.rip;
  // call rax; jmp back / blr x0; b back
  new Uint8Array(engine.physical).set(
    arm ? [0, 0, 0x3f, 0xd6, 0xff, 0xff, 0xff, 0x17] : [0xff, 0xd0, 0xeb, 0xfc],
    engine.translate(CODE, 0),
  );
  registers.set(0, 0x70000000);
  registers.set(arm ? A64.sp : X86.rsp, DATA + 0x8000);
  registers.set(pc, CODE);
  const time = fastest(3, () => {
    for (let i = 0; i < calls; i++) {
      if (engine.run(1e9) !== Exit.Fault || engine.exit.pc !== 0x70000000) throw new Error('no host call');
      if (!arm) registers.set(X86.rsp, DATA + 0x8000);
      registers.set(pc, CODE + (arm ? 4 : 2));
    }
  });
  engine.close();
  return (time / calls) * 1e6;
}

/** Microseconds of: protect a page, touch it, fault, lift the protection, resume; with `pages` protected all the time. */
export function faultTime(cpu: CpuName, pages: number, rounds = 100_000): number {
  const engine = open(cpu);
  const { registers } = engine;
  const arm = cpu === 'arm64';
  const pc = arm ? A64.pc : X86.rip;
  // mov eax,[rbx]; nop; int 0x80 / ldr w0,[x1]; nop; svc 0
  new Uint8Array(engine.physical).set(
    arm ? [0x20, 0, 0x40, 0xb9, 0x1f, 0x20, 0x03, 0xd5, 0x01, 0, 0, 0xd4] : [0x8b, 0x03, 0x90, 0xcd, 0x80],
    engine.translate(CODE, 0),
  );
  const heap = 0x10000000;
  engine.mapPages(heap, pages * 4096, Prot.RW);
  for (let i = 0; i < pages; i++) engine.translate(heap + i * 4096, 0);
  engine.protectPages(heap, pages * 4096, Prot.None);
  const resumed = arm ? Exit.SystemCall : Exit.Interrupt;
  const time = fastest(3, () => {
    for (let i = 0; i < rounds; i++) {
      registers.set(pc, CODE);
      const address = heap + ((i * 7919) % pages) * 4096;
      registers.set(arm ? A64.x1 : X86.rbx, address + 16);
      if (engine.run(1e9) !== Exit.Fault || engine.exit.address !== address + 16) throw new Error('no fault');
      engine.protectPages(address, 4096, Prot.RW);
      if (engine.run(1e9) !== resumed) throw new Error('not resumed');
      engine.protectPages(address, 4096, Prot.None);
    }
  });
  engine.close();
  return (time / rounds) * 1e6;
}

/** Seconds of a loop of stores to pages mapped with `prot`. */
function storeTime(prot: number): number {
  const engine = open('x86-64', Uint8Array.from([0x89, 0x03, 0x89, 0x43, 0x08, 0x89, 0x43, 0x10, 0x89, 0x43, 0x18, 0xeb, 0xf3]));
  engine.mapPages(DATA, 0x10000, prot);
  start(engine);
  engine.run(1_000_000);
  const time = fastest(5, () => engine.run(20_000_000));
  engine.close();
  return time;
}

/** Microseconds of AddressSpace.protect of one page among `regions`. */
function protectTime(regions: number): number {
  const engine = openEngine({ cpu: 'x86-64' });
  const space = new AddressSpace(engine);
  const base = 0x10000000;
  space.map(base, regions * 4096, Prot.RW);
  for (let i = 0; i < regions; i += 2) space.protect(base + i * 4096, 4096, Prot.Read);
  const rounds = 20_000;
  const time = fastest(3, () => {
    for (let i = 0; i < rounds; i++) {
      const page = base + ((i * 7919) % (regions / 2)) * 8192;
      space.protect(page, 4096, Prot.RW);
      space.protect(page, 4096, Prot.Read);
    }
  });
  engine.close();
  return (time / rounds / 2) * 1e6;
}

/** All of it. */
export function engineBenchmarks(): BenchResult[] {
  const results: BenchResult[] = [];
  const [plain, executable] = [storeTime(Prot.RW), storeTime(Prot.RWX)];
  results.push({ name: 'stores-rwx', unit: 's', value: executable, baseline: plain, ratio: executable / plain });
  const [few, many] = [protectTime(1000), protectTime(0x20000)];
  results.push({ name: 'protect-131072-regions', unit: 'us', value: many, baseline: few, ratio: many / few });
  const versus = (name: string, value: number, baseline: number): void => {
    results.push({ name, unit: 'million instructions/s', value, baseline, ratio: value / baseline });
  };
  for (const cpu of CPUS) {
    const bare = bareSpeed(cpu);
    versus(`speed/${cpu}`, countedSpeed(cpu), bare);
    versus(`threads/${cpu}`, switchedSpeed(cpu), bare);
    results.push({ name: `step/${cpu}`, unit: 'us', value: stepTime(cpu) });
    results.push({ name: `unfetchable-call/${cpu}`, unit: 'us', value: hostCallTime(cpu) });
    results.push({ name: `fault/${cpu}`, unit: 'us', value: faultTime(cpu, 16) });
    results.push({ name: `fault-65536/${cpu}`, unit: 'us', value: faultTime(cpu, 65536) });
  }
  return results;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, unit, value, ratio } of engineBenchmarks()) {
    console.log(
      `${name.padEnd(26)} ${value.toFixed(2).padStart(9)} ${unit}${ratio === undefined ? '' : `  (${ratio.toFixed(2)} of bare)`}`,
    );
  }
}
