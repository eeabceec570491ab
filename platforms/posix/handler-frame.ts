/**
 * The return of a signal handler that is host code, from any depth of its stack:
 * to the address it was entered with. Its frame keeps that place in guest memory and
 * finds it again through a callee-saved register, as compiled code does.
 */
import { A64, X86 } from '../../emulator/cpu/registers.js';
import type { HostCall } from '../../emulator/process/host-call.js';
import type { ProcessCore } from '../../emulator/process/core.js';

/** Register that holds the handler's frame across the calls it makes. */
function frameRegister(process: ProcessCore): number {
  return process.cpu === 'arm64' ? A64.x19 : X86.rbx;
}

/** Take `bytes` below the handler's entry SP (and its red zone needs none); the first words keep SP and return address. */
export function openHandlerFrame(call: HostCall, bytes: number): number {
  const { process } = call;
  const { wordSize } = process.abi;
  const frame = call.sp - bytes - 2 * wordSize;
  const base = frame - (frame % 64);
  const { memory } = call;
  memory.setWord(base, call.sp);
  memory.setWord(base + wordSize, call.returnAddress);
  process.registers(call.thread).set(frameRegister(process), base);
  return base;
}

/** Where the bytes of the frame begin. */
export function handlerFrameData(process: ProcessCore, base: number): number {
  return base + 2 * process.abi.wordSize;
}

export function currentHandlerFrame(call: HostCall): number {
  return call.process.registers(call.thread).get(frameRegister(call.process));
}

/** Leave the handler: registers are those of its return. */
export function leaveHandler(call: HostCall, base: number): void {
  const { process } = call;
  const { wordSize } = process.abi;
  const registers = process.registers(call.thread);
  const sp = call.memory.word(base);
  registers.set(process.abi.pc, call.memory.word(base + wordSize));
  registers.set(process.abi.sp, process.cpu === 'arm64' ? sp : sp + wordSize);
}
