/** Result codes and ranks: the numbers that clients see (mps.h). */
export const Res = {
  OK: 0,
  FAIL: 1,
  RESOURCE: 2,
  MEMORY: 3,
  LIMIT: 4,
  UNIMPL: 5,
  IO: 6,
  COMMIT_LIMIT: 7,
  PARAM: 8,
} as const;
export type Res = (typeof Res)[keyof typeof Res];

/** Ranks of references, in the order in which a trace deals with them. FINAL is internal. */
export const Rank = { AMBIG: 0, EXACT: 1, FINAL: 2, WEAK: 3 } as const;
export type Rank = (typeof Rank)[keyof typeof Rank];

/** True for the codes that mean "no memory for that now": anything else out of a scan is a bug in the client. */
export function isAllocFailure(res: Res): boolean {
  return res === Res.RESOURCE || res === Res.MEMORY || res === Res.COMMIT_LIMIT;
}

/** The code in a failed allocation's result, which is -Res. */
export function failureOf(result: number): Res {
  return -result as Res;
}

/** What a client's method returned, and the rank that a client asks for: any number, found wrong where it is used. */
export function resOf(value: number): Res {
  return value as Res;
}
export function rankOf(value: number): Rank {
  return value as Rank;
}
