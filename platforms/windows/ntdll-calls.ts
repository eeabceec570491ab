/** What the guest halves of ntdll.dll and kernelbase.dll ask of the host beside the kernel's services: modules, frames of host functions, new stacks. */
import { X86 } from '../../emulator/cpu/registers.js';
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { Process } from '../../emulator/process/process.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { PAGE_SIZE } from './memory-constants.js';
import type { Modules } from './modules.js';
import { createStack, guardBytes } from './stacks.js';
import { Status } from './status.js';

interface Needs extends Pick<Core, 'memory' | 'layout' | 'vm'> {
  readonly process: Process;
  readonly modules: Modules;
}

/** Registers that a callee keeps, and their places in the CONTEXT of x86-64. */
const KEPT = [
  [X86.rbx, 0x90],
  [X86.rbp, 0xa0],
  [X86.rsi, 0xa8],
  [X86.rdi, 0xb0],
  [X86.r12, 0xd8],
  [X86.r13, 0xe0],
  [X86.r14, 0xe8],
  [X86.r15, 0xf0],
] as const;
const HIGH = 0x100000000;
const DEFAULT_RESERVE = 0x100000;

/**
 * `context` stands where a callback returns to its host function, which has no frame that tables describe: it becomes
 * the state behind the program's call of that function. False: it stands elsewhere.
 */
function unwindHostFrame(os: Needs, call: HostCall, context: number): boolean {
  const { process, memory, layout } = os;
  if (memory.word(context + layout.context.rip) !== process.guestCalls.returnGate) return false;
  const rsp = memory.word(context + layout.context.rsp);
  const nesting = call.thread.callbacks.findIndex((frame) => frame.sp === rsp);
  const kept = process.guestCalls.putAside()[nesting];
  const caller = process.hostCalls.running[nesting];
  if (kept === undefined || caller === undefined) return false;
  for (const [slot, offset] of KEPT) memory.setWord(context + offset, kept[slot * 2] + kept[slot * 2 + 1] * HIGH);
  memory.setWord(context + layout.context.rip, caller.returnAddress);
  memory.setWord(context + layout.context.rsp, caller.sp + layout.wordSize);
  return true;
}

export function ntdllCalls(os: Needs): HostFunction[] {
  const { layout, modules } = os;
  return [
    win32('RtlPcToFileHeader', 'p(pp)', (call, pc, place) => {
      const base = modules.images.at(pc)?.base ?? os.process.gates.sectionAt(pc)?.base ?? 0;
      call.memory.setWord(place, base);
      return base;
    }),
    win32('LdrpUnwindSystemFrame', 'i(p)', (call, context) => (unwindHostFrame(os, call, context) ? TRUE : FALSE)),
    win32('RtlCreateUserStack', 'i(zzpzzp)', (call, commit, reserve, _zeroBits, _page, _align, place) => {
      const { image } = modules.program;
      const size = { reserve: reserve || (image.stackReserve ?? DEFAULT_RESERVE), commit: commit || (image.stackCommit ?? PAGE_SIZE) };
      const stack = createStack(os.vm, size.reserve, size.commit, guardBytes(layout.wordSize, 0));
      if (!stack) return Status.NO_MEMORY | 0;
      [0, 0, stack.base, stack.limit, stack.deallocation].forEach((value, i) => call.memory.setWord(place + i * layout.wordSize, value));
      return 0;
    }),
  ];
}
