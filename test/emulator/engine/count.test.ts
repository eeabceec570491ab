/** Instructions are counted exactly where a block ends early, whatever forms of instruction lie in front. */
import test from 'ava';
import fc from 'fast-check';
import { CODE, DATA, DATA_BYTES, Machine, assemble } from './machine.js';

const BAD = DATA + DATA_BYTES;

/** Instruction forms of all lengths and operand kinds that run without a fault when rbx is DATA. */
const COMMON = [
  'nop',
  'add al, 5',
  'add eax, 0x12345678',
  'add ax, 0x1234',
  'mov ecx, 7',
  'mov cl, 9',
  'mov cx, 0x777',
  'lea edx, [EB+8]',
  'lea edx, [EB+ED*4+0x12345678]',
  'lea edx, [ED*8+0x1000]',
  'mov eax, [EB]',
  'mov eax, [EB+0x40]',
  'mov eax, [EB+0x400]',
  'mov word ptr [EB], 0x1234',
  'mov dword ptr [EB+4], 0x12345678',
  'mov byte ptr [EB+0x200], 1',
  'test al, 1',
  'test eax, 0x1000',
  'test byte ptr [EB], 3',
  'test dword ptr [EB+4], 0x10000',
  'not dword ptr [EB]',
  'neg cl',
  'imul eax, ecx',
  'imul eax, ecx, 3',
  'imul eax, ecx, 0x1234',
  'shl eax, 1',
  'shl eax, 3',
  'shr eax, cl',
  'shld eax, ecx, 4',
  'bt eax, 3',
  'bts dword ptr [EB], 5',
  'movzx eax, cl',
  'movsx eax, cx',
  'setne al',
  'cmovne eax, ecx',
  'bswap eax',
  'xchg ecx, eax',
  'cmpxchg [EB], ecx',
  'xadd [EB], ecx',
  'push 5',
  'push 0x12345',
  'lock inc dword ptr [EB]',
  'movups xmm0, [EB]',
  'movaps xmm1, xmm0',
  'addps xmm0, [EB]',
  'addsd xmm0, xmm1',
  'pshufd xmm0, xmm1, 3',
  'shufps xmm0, xmm1, 1',
  'pshufb xmm0, xmm1',
  'palignr xmm0, xmm1, 4',
  'psrldq xmm0, 2',
  'pextrw eax, xmm0, 1',
  'pinsrw xmm0, eax, 2',
  'cvtsi2sd xmm0, eax',
  'ucomisd xmm0, xmm1',
  'roundsd xmm0, xmm1, 1',
  'crc32 eax, cl',
  'fld1',
  'fstp dword ptr [EB+16]',
  'fild dword ptr [EB]',
  'fninit',
  'fnstcw word ptr [EB+32]',
  'popcnt eax, ecx',
  'tzcnt eax, ecx',
  'andn eax, ecx, edx',
  'shlx eax, ecx, edx',
  'mulx eax, ecx, edx',
  'rorx eax, ecx, 3',
  'cmpps xmm0, xmm1, 2',
  'emms',
  'rdtsc',
  'lahf',
  'cdq',
  'cld',
  'stc',
  'prefetchnta [EB]',
  'movnti [EB], ecx',
  'pause',
];
const LONG = [
  'movabs r9, 0x1122334455667788',
  'mov r9, [rbx]',
  'mov [rbx+r12*2+8], r10',
  'add r15, 0x1234567',
  'mov rax, -5',
  'test r8, 0x12345',
  'push r12',
  'cqo',
  'imul r9, r10, 0x12345',
  'movq xmm9, r9',
  'lea r13, [r9+r10*8+0x1000]',
];
const SHORT = ['inc eax', 'dec cx', 'push ecx', 'pushad', 'lea ax, [bx+0x1234]', 'lea ax, [bp+si+4]', 'aaa', 'das', 'push es'];

for (const cpu of ['x86-64', 'ia32'] as const) {
  test(`${cpu}: random blocks in front of a fault`, (t) => {
    const forms = [...COMMON, ...(cpu === 'ia32' ? SHORT : LONG)].map((text) =>
      text.replace(/EB/g, cpu === 'ia32' ? 'ebx' : 'rbx').replace(/ED/g, cpu === 'ia32' ? 'edi' : 'rdi'),
    );
    const codes = forms.map((text) => ({ text, bytes: assemble(cpu, text) }));
    const m = new Machine(cpu);
    const fault = assemble(cpu, cpu === 'ia32' ? 'mov esi, [ebp]' : 'mov rsi, [rbp]');
    fc.assert(
      fc.property(fc.array(fc.nat(codes.length - 1), { maxLength: 60 }), fc.integer({ min: 1, max: 80 }), (picks, quantum) => {
        const bytes = [...picks.flatMap((i) => [...codes[i].bytes]), ...fault];
        m.put(CODE, bytes);
        m.engine.codeChanged(CODE, bytes.length);
        for (const cut of [1e6, quantum]) {
          m.set({ rbx: DATA, rbp: BAD + 8, rsp: DATA + 0x8000, rdi: 0, rax: 1, rcx: 1, rdx: 1, ...(cpu === 'ia32' ? {} : { r12: 0 }) });
          m.pc = CODE;
          let executed = 0;
          let reason = 'Budget';
          for (let runs = 0; reason === 'Budget' && runs < 100; runs++) {
            reason = m.run(cut);
            executed += m.exit.executed;
          }
          if (reason !== 'Fault' || m.exit.address !== BAD + 8 || executed !== picks.length) {
            throw new Error(
              `${reason} at +${m.pc - CODE}, ${executed} of ${picks.length} in cuts of ${cut}: ${picks.map((i) => codes[i].text).join('; ')}`,
            );
          }
        }
      }),
      { numRuns: 400, seed: 5 },
    );
    m.close();
    t.pass();
  });
}
