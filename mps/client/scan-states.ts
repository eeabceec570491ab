/**
 * The guest's side of a scan: an mps_ss_s on the stack of the thread that is in the
 * MPS, filled before a guest scanner runs and read when it is done; and which scan
 * a call of _mps_fix2 or mps_scan_area from that scanner belongs to.
 */
import type { HostCall, Port } from '../../platforms/port.js';
import { resOf, type Res } from '../plinth/res.js';
import { SCAN_MAGIC, ScanWord } from '../plinth/descriptors.js';
import type { ScanState } from '../trace/scan-state.js';
import type { Layouts } from './layouts.js';

export class ScanStates {
  private readonly active = new Map<number, ScanState>();
  /** One structure serves all scans of a host call: scanners come one after another. */
  private last: { call: HostCall; address: number } | undefined;

  constructor(
    private readonly port: Port,
    private readonly layouts: Layouts,
  ) {}

  /** The scan that the guest's `ss` stands for. */
  at(ss: number): ScanState | undefined {
    return this.active.get(ss);
  }

  /** Run a guest scanner on `state`; it gets the address of the mps_ss_s. */
  scan(state: ScanState, scanner: (ss: number) => number): Res {
    const ss = this.place();
    const { memory } = this.port;
    const { layouts } = this;
    memory.setWord(ss + layouts.ss.zs, state.zoneShift);
    this.writeSet(ss + layouts.ss.w, state.whiteLo, state.whiteHi);
    this.writeSummary(ss, state);
    const at = (word: number): number => ss + word * layouts.word;
    memory.setWord(at(ScanWord.magic), state.forGuest ? SCAN_MAGIC : 0);
    memory.setWord(at(ScanWord.arena), state.arena.address);
    memory.setWord(at(ScanWord.traces), state.traces);
    memory.setWord(at(ScanWord.fixed), 0);
    this.active.set(ss, state);
    try {
      const res = resOf(scanner(ss));
      this.readSummary(ss, state);
      state.fsLo |= memory.u32(at(ScanWord.fixed));
      if (layouts.word === 8) state.fsHi |= memory.u32(at(ScanWord.fixed) + 4);
      memory.setWord(at(ScanWord.magic), 0);
      if (state.arena.noteMoved() > 0) state.wasMarked = false;
      return res;
    } finally {
      this.active.delete(ss);
    }
  }

  writeSummary(ss: number, state: ScanState): void {
    this.writeSet(ss + this.layouts.ss.ufs, state.ufsLo, state.ufsHi);
  }

  /** What the guest has recorded; nothing recorded on this side is lost. */
  readSummary(ss: number, state: ScanState): void {
    const at = ss + this.layouts.ss.ufs;
    state.ufsLo |= this.port.memory.u32(at);
    if (this.layouts.word === 8) state.ufsHi |= this.port.memory.u32(at + 4);
  }

  private place(): number {
    const call = this.port.currentCall();
    if (call && this.last?.call === call && !this.active.has(this.last.address)) return this.last.address;
    const address = this.port.pushStack(ScanWord.words * this.layouts.word, this.layouts.word);
    if (call) this.last = { call, address };
    return address;
  }

  private writeSet(address: number, lo: number, hi: number): void {
    this.port.memory.setU32(address, lo >>> 0);
    if (this.layouts.word === 8) this.port.memory.setU32(address + 4, hi >>> 0);
  }
}
