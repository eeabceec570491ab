/**
 * What sendsig of XNU says in siginfo_t. Nobody hands it a si_code for faults: it makes one of the signal and of the
 * code and subcode of the thread's last Mach exception, whoever sent the signal. A signal that kill sends has si_code 0.
 * Source: bsd/dev/i386/unix_signal.c, bsd/dev/arm/unix_signal.c (sendsig); bsd/kern/kern_sig.c (psignal_internal).
 */
import { FloatException as F } from '../../emulator/cpu/fxsave.js';
import { Exc386 } from './exception-codes.js';
import type { SignalInfo, TrapRecord } from '../posix/posix-thread.js';
import type { SignalNumbers } from '../posix/traits.js';
import { Kern } from './mach-ports.js';

const Ill = { NOOP: 0, ILLOPC: 1, ILLTRP: 2 } as const;
const Fpe = { NOOP: 0, FLTDIV: 1, FLTOVF: 2, FLTUND: 3, FLTRES: 4, FLTINV: 5, INTDIV: 7, INTOVF: 8 } as const;
const Bus = { ADRALN: 1, ADRERR: 2 } as const;
const Segv = { NOOP: 0, MAPERR: 1, ACCERR: 2 } as const;
const TRAP_BRKPT = 1;

/** Exception flags of the x87 status word and of MXCSR, in the order in which they are asked for. */
const FLOAT_FLAGS = [
  [F.divideByZero, Fpe.FLTDIV],
  [F.overflow, Fpe.FLTOVF],
  [F.underflow, Fpe.FLTUND],
  [F.precision, Fpe.FLTRES],
  [F.invalid, Fpe.FLTINV],
] as const;

export interface SignalInformation {
  code: number;
  /** Undefined: the program counter. */
  address?: number;
  /** Who sent it is told, and its number as si_status. */
  sent: boolean;
}

function floatCode(trap: TrapRecord): number {
  if (trap.code === Exc386.DIV) return Fpe.INTDIV;
  if (trap.code === Exc386.INTO) return Fpe.INTOVF;
  return FLOAT_FLAGS.find(([flag]) => trap.subcode & flag)?.[1] ?? Fpe.NOOP;
}

function segmentationCode(trap: TrapRecord): number {
  if (trap.code === Kern.ProtectionFailure) return Segv.ACCERR;
  return trap.code === Kern.InvalidAddress ? Segv.MAPERR : Segv.NOOP;
}

/** `trap`: of the thread's last exception. */
export function signalInformation(arm: boolean, numbers: SignalNumbers, info: SignalInfo, trap: TrapRecord): SignalInformation {
  switch (info.signal) {
    case numbers.SIGILL:
      if (arm) return { code: Ill.ILLTRP, sent: false };
      return { code: trap.code === Exc386.INVOP ? Ill.ILLOPC : Ill.NOOP, sent: false };
    case numbers.SIGFPE:
      return { code: arm ? Fpe.NOOP : floatCode(trap), sent: false };
    case numbers.SIGBUS:
      return { code: arm ? Bus.ADRALN : Bus.ADRERR, address: trap.address, sent: false };
    case numbers.SIGSEGV:
      if (arm) return { code: Segv.ACCERR, address: trap.address, sent: false };
      if (trap.code === Exc386.GPFLT) return { code: 0, address: 0, sent: false };
      return { code: segmentationCode(trap), address: trap.address, sent: false };
    case numbers.SIGTRAP:
      // On ARM64 a breakpoint's signal is as one that was sent.
      return arm ? { code: info.code, sent: info.pid !== undefined } : { code: TRAP_BRKPT, sent: false };
    default:
      return { code: info.code, sent: info.pid !== undefined };
  }
}
