/** A C library's setjmp, as far as the MPS needs it: its own registers saved on its own stack. Each OS folder implements it. */
import type { HostCall } from '../../emulator/process/host-call.js';

export interface JumpBuffer {
  /** sizeof(jmp_buf). */
  readonly size: number;
  /** What setjmp(address) stores when it is called from the function that `call` has entered, whose frame record is at `record`. */
  store(call: HostCall, address: number, record: number): void;
  /** Name of the word at `offset`. */
  nameOf(offset: number): string | undefined;
}
