/** First codes of Mach exceptions, by CPU. Source: mach/i386/exception.h, mach/arm/exception.h. */
export const Exc386 = {
  DIV: 1, INTO: 2, INVOP: 1, SGL: 1, BPT: 2, EXTERR: 5, SSEEXTERR: 8, SEGNPFLT: 11, STKFLT: 12, GPFLT: 13,
} as const; // prettier-ignore

export const ExcArm = { UNDEFINED: 1, BREAKPOINT: 1, DA_ALIGN: 0x101, SP_ALIGN: 0x103 } as const;
