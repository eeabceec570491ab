/** A frame of a guest's stack: where it is, and the registers that find its caller. */
export interface Frame {
  pc: number;
  sp: number;
  /** Frame pointer: rbp, ebp, x29. */
  fp: number;
}

/** What a CPU's rules read. */
export interface Code {
  /** Bytes of code at an address; fewer where it is not mapped. */
  bytes(address: number, count: number): Uint8Array;
  /** Length of the instruction at an address, 0 where it can't be told. */
  lengthAt(address: number): number;
  /** Start of the function that an address is in. */
  functionAt(address: number): number | undefined;
  /** Where host functions that call the guest have it return to. */
  isHostReturn(address: number): boolean;
}

export interface Unwinder {
  /** The caller of a frame, or undefined where it can't be told. `innermost`: its registers are the CPU's own. */
  caller(frame: Frame, innermost: boolean): Frame | undefined;
}

/** A stack word by its address; undefined outside of the stack. */
export type StackWord = (address: number) => number | undefined;
