/**
 * The segment selectors of Linux on x86, as a frame may ask for them: what the processor says when the kernel returns to user
 * code with others. Source: arch/x86/include/asm/segment.h; Intel SDM vol. 2, IRET; observed on a 6.18 kernel.
 */
export const Selector = { code32: 0x23, data: 0x2b, code64: 0x33, thread: 0x63 } as const;

const RPL = 3;
/** It names a descriptor of the LDT, of which there is none. */
const LOCAL = 4;

/** As sigreturn puts it into the register: with the privilege of user code. */
export function userSelector(selector: number): number {
  return (selector | RPL) & 0xffff;
}

function isCode(selector: number): boolean {
  return selector === Selector.code32 || selector === Selector.code64;
}

/** The error code with which the return to user code fails; undefined: it does not. `stacks`: segments that a stack may have. */
export function returnError(code: number, stack: number, stacks: readonly number[]): number | undefined {
  if (!isCode(code)) return code & ~RPL;
  if (stacks.includes(stack)) return undefined;
  // A stack segment of the LDT takes the kernel through another stack first, where the code gets lost.
  return stack & LOCAL ? 0 : stack & ~RPL;
}

/** What ds, es, fs and gs of a frame become: zero, where the selector can't be loaded. */
export function dataSelector(selector: number): number {
  const wanted = userSelector(selector);
  return isCode(wanted) || wanted === Selector.data || wanted === Selector.thread ? wanted : 0;
}
