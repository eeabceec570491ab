/**
 * Four threads of one process under its own scheduler, in quanta of exactly 1,000
 * instructions: what `run` really does, context switches, virtual time and all.
 */
import { A64, X86 } from '../emulator/cpu/registers.js';
import { Prot, type CpuName } from '../emulator/engine.js';
import { Process } from '../emulator/process/process.js';
import { bareSpeed, code } from './bare-loop.js';
import { seconds, type Row } from './row.js';

const CODE = 0x10000;
const DATA = 0x200000;
const abis = { ia32: 'sysv-i386', 'x86-64': 'sysv-x86-64', arm64: 'aapcs64' } as const;

function machine(cpu: CpuName, program: Uint8Array, instructions: number): Process {
  const process = new Process({ cpu, pageSize: 4096, abi: abis[cpu], gates: { base: 0x70000000, size: 0x10000 }, budget: instructions });
  process.os = {
    name: 'bench',
    memoryFault: (_thread, fault) => process.end({ kind: 'error', text: `fault at 0x${fault.address.toString(16)}` }),
    systemCall: () => process.end({ kind: 'error', text: 'system call' }),
    interrupt: () => process.end({ kind: 'error', text: 'interrupt' }),
    invalidInstruction: () => process.end({ kind: 'error', text: 'invalid instruction' }),
  };
  process.space.map(CODE, 4096, Prot.RX, { name: 'code' });
  process.space.map(DATA, 0x10000, Prot.RW, { name: 'data' });
  process.supervisor.write(CODE, program);
  process.scheduler.fixedQuantum = 1000;
  for (let i = 0; i < 4; i++) {
    const registers = process.load(process.createThread(`thread ${i}`));
    const arm = cpu === 'arm64';
    registers.set(arm ? A64.x1 : X86.rbx, DATA + 0x1000 * i);
    registers.set(arm ? A64.x2 : X86.rcx, 0x7fffffff);
    registers.set(arm ? A64.pc : X86.rip, CODE);
  }
  return process;
}

/** Million instructions a second, behind the preamble of this pair. */
function scheduledSpeed(cpu: CpuName, pair: number, instructions = 100_000_000): number {
  const process = machine(cpu, code(cpu, pair), instructions);
  const time = seconds(() => {
    const status = process.run();
    if (status.kind !== 'budget' || process.instructions !== instructions) throw new Error(`not run as wanted: ${JSON.stringify(status)}`);
  });
  process.close();
  return instructions / time / 1e6;
}

export const threadRows: Row[] = (['ia32', 'x86-64', 'arm64'] as const).map((cpu) => ({
  name: `threads/${cpu}`,
  unit: 'million instructions/s',
  goal: '>= 0.4',
  open() {
    scheduledSpeed(cpu, 0, 10_000_000);
    return (pair) => ({ value: scheduledSpeed(cpu, pair), baseline: bareSpeed(cpu, pair) });
  },
}));
