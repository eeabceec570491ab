/**
 * What a person wants to see of a program that has died: the instruction that did it and the calls that led there, also
 * where the run ended for another reason; of one that hangs, where each thread is. Lines of text, for below the status.
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
/** The same number everywhere, of Windows' status too. */
const SIGILL = 4;

/** Of the guest's own code: what stands at a host function's address is nothing that has been run. */
async function instructionAt(process: Process, pc: number): Promise<string | undefined> {
  if (process.names.isHostFunction(pc)) return undefined;
  const length = readableBytes(process.space, pc, LONGEST_INSTRUCTION);
  if (length === 0) return undefined;
  const bytes = process.supervisor.bytes(pc, length);
  // Capstone takes longer to load than most programs to run.
  const { openDisassembler } = await import('../emulator/cpu/disassemble.js');
  const [instruction] = (await openDisassembler(process.cpu)).disassemble(bytes, pc, 1);
  return instruction && instruction.text + (isIllegal(process) && isVex(process, bytes) ? ' (the emulated processor has no AVX)' : '');
}

const isIllegal = ({ status }: Process): boolean => status?.kind === 'signal' && status.signal === SIGILL;

/** VEX or EVEX: in 32-bit code these bytes are other instructions before an operand in memory. */
function isVex({ cpu }: Process, [prefix, next]: Uint8Array): boolean {
  return cpu !== 'arm64' && [0x62, 0xc4, 0xc5].includes(prefix) && (cpu === 'x86-64' || next >= 0xc0);
}

/** A return address stands behind its call, perhaps already on another line. */
function caller({ names }: Process, { pc, interrupted, handlerEnds }: Frame): string {
  if (!interrupted) return `called from ${names.describeReturn(pc)}`;
  return `${handlerEnds || names.isHostFunction(pc) ? 'called from' : 'interrupting'} ${names.describe(pc)}`;
}

function calls(process: Process, frames: Frame[]): string[] {
  const callers = frames.slice(1, SHOWN).map((frame) => caller(process, frame));
  return frames.length > SHOWN ? [...callers, `and ${frames.length - SHOWN} more`] : callers;
}

function hung(process: Process, thread: Thread, backtraces: Backtraces): string[] {
  const frames = backtraces.of(thread);
  return [`thread ${thread.id} is in ${process.names.describe(frames[0].pc)}`, ...calls(process, frames)];
}

/** Which thread it was, where there have been more than one. */
function inThread({ threads }: Process, { id }: Thread): string[] {
  return threads.length > 1 ? [`in thread ${id}`] : [];
}

/** `told`: the status says where the run ended. */
function ended(process: Process, thread: Thread, told: boolean): string[] {
  const frames = new Backtraces(process).of(thread);
  const { pc } = frames[0];
  const place = told || process.names.isHostFunction(pc) ? [] : [`in ${process.names.describe(pc)}`];
  return [...inThread(process, thread), ...place, ...calls(process, frames)];
}

export async function crashReport(process: Process): Promise<string[]> {
  const { status, current } = process;
  const backtraces = new Backtraces(process);
  switch (status?.kind) {
    case 'deadlock':
      return process.threads.filter((thread) => thread.state !== 'ended').flatMap((thread) => hung(process, thread, backtraces));
    case 'budget':
    case 'interrupted':
      return current ? ended(process, current, true) : [];
    case 'unsupported':
    case 'error':
      return current ? ended(process, current, false) : [];
    case 'signal':
      break;
    default:
      return [];
  }
  if (!current) return [];
  const frames = backtraces.of(current, process.diedAt);
  const instruction = await instructionAt(process, frames[0].pc);
  const text = instruction === undefined ? [] : [`instruction ${hexAddress(frames[0].pc)}: ${instruction}`];
  return [...inThread(process, current), ...text, ...calls(process, frames)];
}
