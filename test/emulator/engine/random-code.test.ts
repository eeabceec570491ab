/** Random bytes as code: nothing crashes or hangs, and it makes no difference how a run is cut up. */
import test from 'ava';
import { Prot } from '../../../emulator/engine.js';
import { CODE, CPUS, DATA, DATA_BYTES, Machine } from './machine.js';

/** A small deterministic generator (xorshift). */
function generator(seed: number): () => number {
  let x = seed * 2654435761 + 1 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** ARM64 forms as [fixed bits, random bits]: most random words are not instructions. */
const ARM64_FORMS: readonly (readonly [number, number])[] = [
  [0x11000000, 0xe03fffff], // add, sub immediate
  [0x0b000000, 0xe00003ff | 0x001f0000], // add, sub register
  [0x0a000000, 0xe03ffc00 | 0x001f03ff], // logical
  [0x1ac00000, 0x801f0c00 | 0x3ff], // division, shifts
  [0x38400000, 0xc0bff3ff & ~0x300], // load, store, unscaled, from low registers
  [0x28400000, 0x807f8c63], // pairs
  [0x54000000, 0x000000ef], // forward branches on conditions
  [0x34000000, 0x810000e7], // cbz, cbnz
  [0x1e202800, 0x0041d3ff], // scalar floating point
  [0x4e208400, 0x201f03ff], // vector add
  [0x885f7c00, 0x40000063], // load exclusive
  [0x88007c00, 0x401f0063], // store exclusive
  [0xd53be040, 0x0000001f], // mrs cntvct_el0
];

function armWord(next: () => number): number {
  const [fixed, random] = ARM64_FORMS[next() % ARM64_FORMS.length];
  return ((fixed & ~random) | (next() & random)) >>> 0;
}

const BUDGET = 300;

for (const cpu of CPUS) {
  test(`${cpu}: random code is the same in one run, in steps and in quanta`, (t) => {
    const m = new Machine(cpu, {}, Prot.RWX);
    const memory = (): Uint8Array => m.bytes.subarray(m.engine.translate(DATA, 0), m.engine.translate(DATA, 0) + 0x1000);
    const reasons: Record<string, number> = {};
    for (let seed = 1; seed <= 400; seed++) {
      const outcomes: string[] = [];
      for (const cut of [BUDGET, 1, 7]) {
        const next = generator(seed);
        const context = m.engine.newContext();
        m.engine.restoreContext(context);
        const code = new Uint8Array(0x1000);
        for (let i = 0; i < code.length; i += 4)
          new DataView(code.buffer).setUint32(i, cpu === 'arm64' && next() % 40 ? armWord(next) : next(), true);
        m.put(CODE, code);
        m.put(DATA, new Uint8Array(0x1000).fill(seed));
        m.put(CODE + 0x1000, new Uint8Array(0x3000));
        m.put(DATA + 0x1000, new Uint8Array(DATA_BYTES - 0x1000));
        m.engine.codeChanged(CODE, 0x4000);
        const values: Record<string, number> = {};
        for (const name of cpu === 'arm64'
          ? ['x0', 'x1', 'x2', 'x3', 'x4', 'sp']
          : ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'])
          values[name] = DATA + 0x400 + (next() & 0x3f8);
        m.set(values);
        m.pc = CODE + (next() & 0x7fc);
        let reason = 'Budget';
        let executed = 0;
        while (reason === 'Budget' && executed < BUDGET) {
          m.engine.setTimestamp(executed);
          reason = m.run(Math.min(cut, BUDGET - executed));
          executed += m.exit.executed;
          if (m.exit.executed > cut) t.fail(`seed ${seed}: over budget`);
        }
        const { pc, address, access, number, detail } = m.exit;
        const fault = reason === 'Fault' ? `${address} ${access}` : `${number} ${reason === 'SystemCall' ? detail : ''}`;
        m.engine.readFloat();
        outcomes.push(
          `${reason} ${fault} pc ${pc.toString(16)} executed ${executed} ${new BigUint64Array(m.engine.registers.buffer.slice(0)).join()} ${memory().join()}`,
        );
        if (cut === BUDGET) reasons[reason] = (reasons[reason] ?? 0) + 1;
        m.engine.freeContext(context);
      }
      for (const other of outcomes.slice(1)) {
        if (other !== outcomes[0]) {
          t.fail(`seed ${seed}:\n${outcomes[0].slice(0, 300)}\n${other.slice(0, 300)}`);
          break;
        }
      }
    }
    // Most such code touches memory that is not there or is no instruction; some runs on.
    for (const reason of ['Fault', 'InvalidInstruction', 'Budget']) t.true(reasons[reason] > 0, `${reason}: ${JSON.stringify(reasons)}`);
    t.is(
      Object.values(reasons).reduce((a, b) => a + b),
      400,
    );
    m.close();
  });
}
