/** An exception as Windows describes it (EXCEPTION_RECORD, winnt.h). */
import type { Word } from '../../emulator/abi/abi.js';

/** ExceptionInformation of an access that has no address (a non-canonical one): all ones. */
export const noAddress = (wordSize: 4 | 8): Word => (wordSize === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn);

export interface Exception {
  code: number;
  flags: number;
  /** EXCEPTION_RECORD this one is about, or 0. */
  record?: number;
  address: Word;
  information: Word[];
}
