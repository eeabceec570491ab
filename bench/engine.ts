/**
 * What the engine costs, against the bare loop: speed with exact counting, four contexts in quanta of 1,000
 * instructions, a step with registers, and a fault that is answered by lifting a page's protection, with few
 * and with 65,536 protected pages.
 */
import { A64, X86 } from '../emulator/cpu/registers.js';
import { Exit, Prot } from '../emulator/engine.js';
import type { CpuName, Engine } from '../emulator/engine.js';
import { AddressSpace } from '../emulator/memory/address-space.js';
import { openEngine } from '../emulator/native-engine.js';
import { bareSpeed, code } from './bare-loop.js';
import { kernel } from './kernels.js';
import { fastest, type Row } from './row.js';

export const CPUS: CpuName[] = ['ia32', 'x86-64', 'arm64'];
const CODE = 0x10000;
const DATA = 0x200000;

function open(cpu: CpuName, program = kernel(cpu)): Engine {
  const engine = openEngine({ cpu });
  engine.mapPages(CODE, 0x1000, Prot.RX);
  engine.mapPages(DATA, 0x10000, Prot.RW);
  new Uint8Array(engine.physical).set(program, engine.translate(CODE, 0));
  return engine;
}

function start(engine: Engine, skew = 0): void {
  const { registers } = engine;
  const arm = engine.cpu === 'arm64';
  registers.set(arm ? A64.x1 : X86.rbx, DATA + skew);
  registers.set(arm ? A64.x2 : X86.rcx, 0x7fffffff);
  registers.set(arm ? A64.pc : X86.rip, CODE);
}

/** Million instructions a second, counted exactly, behind the preamble of this pair. */
function countedSpeed(cpu: CpuName, pair: number, instructions = 50_000_000): number {
  const engine = open(cpu, code(cpu, pair));
  start(engine);
  engine.run(1_000_000);
  const time = fastest(3, () => {
    if (engine.run(instructions) !== Exit.Budget || engine.exit.executed !== instructions) throw new Error('not counted exactly');
  });
  engine.close();
  return instructions / time / 1e6;
}

/** The same by four contexts in turn, each for `quantum` instructions; they start at different places of the loop. */
function switchedSpeed(cpu: CpuName, pair: number, quantum = 1000, instructions = 10_000_000): number {
  const engine = open(cpu, code(cpu, pair));
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
function stepTime(cpu: CpuName, steps = 100_000): number {
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
function hostCallTime(cpu: CpuName, calls = 100_000): number {
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
function faultTime(cpu: CpuName, pages: number, rounds = 50_000): number {
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
  const resumed = arm ? Exit.SystemCall : Exit.SoftwareInterrupt;
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
  const time = fastest(3, () => engine.run(20_000_000));
  engine.close();
  return time;
}

/** Microseconds of AddressSpace.protect of one page among `regions`. */
function protectTime(regions: number): number {
  const engine = openEngine({ cpu: 'x86-64' });
  const space = new AddressSpace(engine);
  const base = 0x10000000;
  // Neighbours differ in their names, so that they stay apart.
  for (let i = 0; i < regions; i++) space.map(base + i * 4096, 4096, Prot.RW, { name: i % 2 === 0 ? 'even' : 'odd' });
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

const speed = (name: string, goal: string, cpu: CpuName, measure: (cpu: CpuName, pair: number) => number): Row => ({
  name: `${name}/${cpu}`,
  unit: 'million instructions/s',
  goal,
  pairs: 12, // each preamble twice
  open: () => (pair) => ({ value: measure(cpu, pair), baseline: bareSpeed(cpu, pair) }),
});
const microseconds = (name: string, measure: () => number): Row => ({ name, unit: 'us', open: () => () => ({ value: measure() }) });

export const engineRows: Row[] = [
  {
    name: 'stores-rwx',
    unit: 's',
    open: () => () => ({ value: storeTime(Prot.RWX), baseline: storeTime(Prot.RW) }),
  },
  {
    name: 'protect-131072-regions',
    unit: 'us',
    open: () => () => ({ value: protectTime(0x20000), baseline: protectTime(1000) }),
  },
  ...CPUS.flatMap((cpu) => [
    speed('speed', '>= 0.75', cpu, countedSpeed),
    // The engine's own; `threads/` is the process's scheduler, as a run has it.
    speed('contexts', '>= 0.4', cpu, switchedSpeed),
    microseconds(`step/${cpu}`, () => stepTime(cpu)),
    microseconds(`unfetchable-call/${cpu}`, () => hostCallTime(cpu)),
    microseconds(`fault/${cpu}`, () => faultTime(cpu, 16)),
    microseconds(`fault-65536/${cpu}`, () => faultTime(cpu, 65536)),
  ]),
  {
    name: 'step',
    unit: 'us',
    goal: '< 1 on every CPU',
    open: () => () => ({ value: Math.max(...CPUS.map((cpu) => stepTime(cpu))) }),
  },
];
