/** Resource limits as a login shell has them. Source: getrlimit(2), asm-generic/resource.h (6.18). */
import type { AddressLimits } from '../address-limits.js';

export const INFINITE = 2n ** 64n - 1n;

// prettier-ignore
export const Limit = {
  CPU: 0, FSIZE: 1, DATA: 2, STACK: 3, CORE: 4, RSS: 5, NPROC: 6, NOFILE: 7, MEMLOCK: 8, AS: 9, LOCKS: 10, SIGPENDING: 11, MSGQUEUE: 12, NICE: 13,
  RTPRIO: 14, RTTIME: 15,
} as const;
export const LIMITS = Object.keys(Limit).length;

/** As a login shell has them. */
export function initialLimits(): Map<number, { soft: bigint; hard: bigint }> {
  const limits = new Map(Object.values(Limit).map((which) => [which as number, { soft: INFINITE, hard: INFINITE }]));
  const set = (which: number, soft: bigint, hard: bigint): void => void limits.set(which, { soft, hard });
  set(Limit.STACK, 8n << 20n, INFINITE);
  set(Limit.CORE, 0n, INFINITE);
  set(Limit.NPROC, 15000n, 15000n);
  set(Limit.NOFILE, 1024n, 1048576n);
  set(Limit.MEMLOCK, 8n << 20n, 8n << 20n);
  set(Limit.SIGPENDING, 15000n, 15000n);
  set(Limit.MSGQUEUE, 819200n, 819200n);
  for (const which of [Limit.NICE, Limit.RTPRIO]) set(which, 0n, 0n);
  return limits;
}

/** Those of memory. */
export function addressLimits(limits: ReadonlyMap<number, { soft: bigint }>): AddressLimits {
  const of = (which: number): number => {
    const soft = limits.get(which)?.soft ?? INFINITE;
    return soft === INFINITE ? Infinity : Number(soft);
  };
  return { space: of(Limit.AS), data: of(Limit.DATA) };
}
