/**
 * NTSTATUS exception codes, their names, and the POSIX signal whose 128+n exit
 * status stands for each when it kills the process (ntstatus.h).
 */
export const Status = {
  GUARD_PAGE_VIOLATION: 0x80000001,
  DATATYPE_MISALIGNMENT: 0x80000002,
  BREAKPOINT: 0x80000003,
  SINGLE_STEP: 0x80000004,
  ACCESS_VIOLATION: 0xc0000005,
  IN_PAGE_ERROR: 0xc0000006,
  NO_MEMORY: 0xc0000017,
  ILLEGAL_INSTRUCTION: 0xc000001d,
  NONCONTINUABLE_EXCEPTION: 0xc0000025,
  INVALID_DISPOSITION: 0xc0000026,
  ARRAY_BOUNDS_EXCEEDED: 0xc000008c,
  FLOAT_DENORMAL_OPERAND: 0xc000008d,
  FLOAT_DIVIDE_BY_ZERO: 0xc000008e,
  FLOAT_INEXACT_RESULT: 0xc000008f,
  FLOAT_INVALID_OPERATION: 0xc0000090,
  FLOAT_OVERFLOW: 0xc0000091,
  FLOAT_STACK_CHECK: 0xc0000092,
  FLOAT_UNDERFLOW: 0xc0000093,
  INTEGER_DIVIDE_BY_ZERO: 0xc0000094,
  INTEGER_OVERFLOW: 0xc0000095,
  PRIVILEGED_INSTRUCTION: 0xc0000096,
  STACK_OVERFLOW: 0xc00000fd,
  FLOAT_MULTIPLE_FAULTS: 0xc00002b4,
  FLOAT_MULTIPLE_TRAPS: 0xc00002b5,
  HEAP_CORRUPTION: 0xc0000374,
  STACK_BUFFER_OVERRUN: 0xc0000409,
  ASSERTION_FAILURE: 0xc0000420,
} as const;

const names = new Map<number, string>(Object.entries(Status).map(([name, code]) => [code, `STATUS_${name}`]));

/** 'STATUS_ACCESS_VIOLATION (0xC0000005)', or 'exception 0xE06D7363'. */
export function statusName(code: number): string {
  const hex = `0x${(code >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;
  const name = names.get(code >>> 0);
  return name ? `${name} (${hex})` : `exception ${hex}`;
}

const SIGILL = 4;
const SIGTRAP = 5;
const SIGABRT = 6;
const SIGFPE = 8;
const SIGSEGV = 11;

export function signalOf(code: number): number {
  switch (code >>> 0) {
    case Status.ACCESS_VIOLATION:
    case Status.IN_PAGE_ERROR:
    case Status.GUARD_PAGE_VIOLATION:
    case Status.STACK_OVERFLOW:
      return SIGSEGV;
    case Status.ILLEGAL_INSTRUCTION:
    case Status.PRIVILEGED_INSTRUCTION:
      return SIGILL;
    case Status.BREAKPOINT:
    case Status.SINGLE_STEP:
      return SIGTRAP;
    case Status.INTEGER_DIVIDE_BY_ZERO:
    case Status.INTEGER_OVERFLOW:
    case Status.FLOAT_DENORMAL_OPERAND:
    case Status.FLOAT_DIVIDE_BY_ZERO:
    case Status.FLOAT_INEXACT_RESULT:
    case Status.FLOAT_INVALID_OPERATION:
    case Status.FLOAT_OVERFLOW:
    case Status.FLOAT_STACK_CHECK:
    case Status.FLOAT_UNDERFLOW:
    case Status.FLOAT_MULTIPLE_FAULTS:
    case Status.FLOAT_MULTIPLE_TRAPS:
      return SIGFPE;
    default:
      return SIGABRT;
  }
}
