/**
 * What a person wants to see of a program that has died: the instruction that did it and the calls that led there; of
 * one that hangs, where each thread is. Lines of text, for below the status.
 */
import { hexAddress } from '../emulator/memory/hex-address.js';
import type { Process } from '../emulator/process/process.js';
import type { Thread } from '../emulator/process/thread.js';
import { Backtraces } from './backtrace/backtrace.js';
import type { Frame } from './backtrace/frame.js';
import { readableBytes } from './backtrace/readable.js';

/** Enough of a deep recursion. */
const SHOWN = 12;
const LONGEST_INSTRUCTION = 16;

async function instructionAt(process: Process, pc: number): Promise<string | undefined> {
  const length = readableBytes(process.space, pc, LONGEST_INSTRUCTION);
  if (length === 0) return undefined;
  const bytes = process.supervisor.bytes(pc, length);
  // Capstone takes longer to load than most programs to run.
  const { openDisassembler } = await import('../emulator/cpu/disassemble.js');
  const [instruction] = (await openDisassembler(process.cpu)).disassemble(bytes, pc, 1);
  return instruction?.text;
}

/** A return address stands behind its call, perhaps already on another line. */
function calls(process: Process, frames: Frame[]): string[] {
  const callers = frames.slice(1, SHOWN).map(({ pc }) => `called from ${process.names.describeReturn(pc)}`);
  return frames.length > SHOWN ? [...callers, `and ${frames.length - SHOWN} more`] : callers;
}

function hung(process: Process, thread: Thread, backtraces: Backtraces): string[] {
  const frames = backtraces.of(thread);
  return [`thread ${thread.id} is in ${process.names.describe(frames[0].pc)}`, ...calls(process, frames)];
}

export async function crashReport(process: Process): Promise<string[]> {
  const { status, current } = process;
  const backtraces = new Backtraces(process);
  if (status?.kind === 'deadlock') {
    return process.threads.filter((thread) => thread.state !== 'ended').flatMap((thread) => hung(process, thread, backtraces));
  }
  if (status?.kind !== 'signal' || !current) return [];
  const frames = backtraces.of(current, process.diedAt);
  const instruction = await instructionAt(process, frames[0].pc);
  return [...(instruction === undefined ? [] : [`instruction ${hexAddress(frames[0].pc)}: ${instruction}`]), ...calls(process, frames)];
}
