/**
 * The unit of speed: the same libunicorn running a kernel with no hook but the TLB fill (native/bare-loop.c,
 * in a process of its own). Where the host's translation of a loop happens to lie changes its speed by a
 * sixth, so every pair of a row runs kernel and row behind the same one of a few different preambles.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { CpuName } from '../emulator/engine.js';
import { projectRoot } from '../platforms/toolchain/paths.js';
import { kernel } from './kernels.js';
import { median } from './row.js';

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

/** The kernel behind the preamble of this pair. */
export function code(cpu: CpuName, pair: number): Uint8Array {
  const all = preambles(cpu);
  return Uint8Array.from([...all[pair % all.length], ...kernel(cpu)]);
}

/** Million instructions a second of the bare loop, behind the preamble of this pair. */
export function bareSpeed(cpu: CpuName, pair: number, instructions = 50_000_000): number {
  const program = join(projectRoot(), 'emulator', 'native', 'build', 'bare-loop');
  const hex = Buffer.from(code(cpu, pair)).toString('hex');
  return (JSON.parse(execFileSync(program, [cpu, hex, String(instructions)], { encoding: 'utf8' })) as { mips: number }).mips;
}

/** Nanoseconds as instructions of the bare loop: a measure of work that means the same on machines of different speed. */
export function bareInstructions(cpu: CpuName, nanoseconds: number): number {
  // Three preambles, as what is measured has no loop of its own that lies well or badly.
  return (nanoseconds * median([0, 1, 2].map((pair) => bareSpeed(cpu, pair)))) / 1000;
}
