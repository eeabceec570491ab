/** The FXSAVE image in the register block: what a kernel gives a signal handler on x86 (Intel SDM vol. 1, 10.5.1). */
import { FLOAT_BYTES, FLOAT_OFFSET } from '../../emulator/cpu/registers.js';
import type { Engine } from '../../emulator/engine.js';

export function fxsaveImage(engine: Engine): Uint8Array {
  return new Uint8Array(engine.registers.buffer, FLOAT_OFFSET, FLOAT_BYTES);
}

/** Registers empty or zero, all exceptions masked, round to nearest; `controlWord` sets the x87 precision. */
export function initialFxsave(image: Uint8Array, controlWord: number): void {
  image.fill(0);
  image[0] = controlWord & 0xff;
  image[1] = controlWord >>> 8;
  image[24] = 0x80;
  image[25] = 0x1f;
  image[28] = 0xff;
  image[29] = 0xff;
}
