/** A frame of a guest's stack: where it is, and the registers that find its caller. */
import type { FrameRegisters } from '../../emulator/process/os-model.js';

export interface Frame extends FrameRegisters {
  /**
   * PC is the instruction that is next: of a thread that stands here, or that was interrupted. Else PC is where a call
   * returns to, which may be behind the end of the function that made it.
   */
  interrupted: boolean;
  /** PC is where a handler returns to, and no call stands before it: the OS goes on there with the next frame. */
  handlerEnds?: true;
}

/** An address in the function that a frame is of: of a call, its last byte. */
export function codeOf({ pc, interrupted }: Pick<Frame, 'pc' | 'interrupted'>): number {
  return interrupted ? pc : pc - 1;
}

/** What a CPU's rules read. */
export interface Code {
  /** Bytes of code at an address; fewer where it is not mapped. */
  bytes(address: number, count: number): Uint8Array;
  /** Start of the function that an address is in. */
  functionAt(address: number): number | undefined;
  /** Of 'f.cold' the start of f: it is entered by a jump from there. */
  mainPart(start: number): number | undefined;
  /** Where host functions that call the guest have it return to. */
  isHostReturn(address: number): boolean;
  /** Where a handler returns to, if SP is this then: the OS goes on there with what it had interrupted. */
  isHandlerReturn(address: number, sp: number): boolean;
}

export interface Unwinder {
  /** The caller of a frame, or undefined where it can't be told. */
  caller(frame: Frame): Frame | undefined;
  /** Is the address behind a call? */
  afterCall(address: number): boolean;
}

/** A stack word by its address; undefined outside of the stack. */
export type StackWord = (address: number) => number | undefined;
