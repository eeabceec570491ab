/** Names of the registers by their places in a CONTEXT, for people. */

/** Name of the register whose place in a CONTEXT is at `offset`, for people. */
export function contextName(wordSize: 4 | 8, offset: number): string {
  const found = (wordSize === 8 ? names64 : names32).get(offset);
  if (found) return found;
  if (wordSize === 8 && offset >= 0x1a0 && offset < 0x2a0) return `xmm${(offset - 0x1a0) >> 4} place`;
  return `CONTEXT+0x${offset.toString(16)}`;
}

const names64 = new Map<number, string>();
for (const [slot, name] of [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
  'rip',
].entries()) {
  names64.set(0x78 + 8 * slot, name);
}
const names32 = new Map<number, string>([
  [0x9c, 'edi'],
  [0xa0, 'esi'],
  [0xa4, 'ebx'],
  [0xa8, 'edx'],
  [0xac, 'ecx'],
  [0xb0, 'eax'],
  [0xb4, 'ebp'],
  [0xb8, 'eip'],
  [0xbc, 'cs'],
  [0xc0, 'eflags'],
  [0xc4, 'esp'],
  [0xc8, 'ss'],
]);
