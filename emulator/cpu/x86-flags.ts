/** EFLAGS and RFLAGS. Source: Intel SDM vol. 1, 3.4.3. */
// prettier-ignore
export const Eflags = {
  CF: 1 << 0, fixed: 1 << 1, PF: 1 << 2, AF: 1 << 4, ZF: 1 << 6, SF: 1 << 7, TF: 1 << 8, IF: 1 << 9, DF: 1 << 10, OF: 1 << 11,
  NT: 1 << 14, RF: 1 << 16, AC: 1 << 18, ID: 1 << 21,
} as const;

/** Results of arithmetic. */
export const STATUS_FLAGS = Eflags.CF | Eflags.PF | Eflags.AF | Eflags.ZF | Eflags.SF | Eflags.OF;

/** What is set whenever user code runs: the bit that is always 1, and interrupts. */
export const USER_MODE_FLAGS = Eflags.fixed | Eflags.IF;
