/** Bits of a mutex's kind word beside its type, as glibc has them (FreeBSD's and macOS's are their own affair: nobody sees them). */
export const Flag = { robust: 16, inherit: 32, shared: 128 } as const;
