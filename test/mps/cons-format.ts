/**
 * A format for tests. An object is a header word and `n` fields: header = n * 16 + kind.
 * Fields are references, or integers with the lowest bit set. A forwarding marker keeps
 * its size and has the new address in the first field.
 */
import type { FormatMethods } from '../../mps/heap/format.js';
import { Res } from '../../mps/plinth/res.js';
import type { MockPort } from './mock-port.js';

export const Kind = { OBJECT: 1, PAD: 3, FORWARDED: 5, PAD1: 7 } as const;

export class ConsFormat {
  readonly methods: FormatMethods;
  calls = { scan: 0, skip: 0, fwd: 0, isfwd: 0, pad: 0 };
  readonly w: number;

  /** `header`: bytes of in-band header in front of client pointers. */
  constructor(
    readonly port: MockPort,
    readonly header = 0,
  ) {
    const m = port.memory;
    const w = (this.w = port.wordSize);
    const { calls } = this;
    const size = (p: number): number => {
      const head = m.word(p - header);
      return (head % 16 === Kind.PAD1 ? 1 : 1 + Math.floor(head / 16)) * w;
    };
    this.methods = {
      scan: (ss, base, limit) => {
        calls.scan++;
        for (let p = base; p < limit; p += size(p)) {
          if (m.word(p - header) % 16 !== Kind.OBJECT) continue;
          const end = p - header + size(p);
          for (let f = p - header + w; f < end; f += w) {
            const ref = m.word(f);
            if (ref % 2 === 1 || !ss.fix1(ref)) continue;
            ss.ref = ref;
            ss.slot = f;
            const res = ss.fix2();
            if (res !== Res.OK) return res;
            m.setWord(f, ss.ref);
          }
        }
        return Res.OK;
      },
      skip: (p) => {
        calls.skip++;
        return p + size(p);
      },
      fwd: (old, now) => {
        calls.fwd++;
        const n = size(old) / w - 1;
        m.setWord(old - header, n * 16 + Kind.FORWARDED);
        m.setWord(old - header + w, now);
      },
      isfwd: (p) => {
        calls.isfwd++;
        return m.word(p - header) % 16 === Kind.FORWARDED ? m.word(p - header + w) : 0;
      },
      pad: (base, bytes) => {
        calls.pad++;
        if (bytes === w) m.setWord(base, Kind.PAD1);
        else m.setWord(base, (bytes / w - 1) * 16 + Kind.PAD);
      },
      class: (p) => m.word(p - header),
    };
  }
  /** Address of field i of the object at client pointer p. */
  field(p: number, i: number): number {
    return p - this.header + (1 + i) * this.w;
  }
  count(p: number): number {
    return Math.floor(this.port.memory.word(p - this.header) / 16);
  }
}
