/** FreeBSD's signal frames as a guest finds them: every field at the offset that the system's headers give it. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from '../posix/guest.js';

const COMMON = `
#define W(base, off) (*(volatile word *)((u8 *)(base) + (off)))
#define U(base, off) (*(volatile u32 *)((u8 *)(base) + (off)))
static void say(const char *k, u64 v) { out(k); out(" "); hex(v); out("\\n"); }
static volatile int step; static u8 *volatile page; static u8 *volatile alt; static volatile int code_argument;
static void set_action(int sig, void *h, int flags) { word act[8] = {0}; act[0] = (word)h; ((u32 *)act)[sizeof(word) == 8 ? 2 : 1] = flags; sigaction(sig, act, 0); }
`;

const AMD64 = `${COMMON}
word touch_write(void *); word touch_sp;
asm("touch_write: push %rbx\\n push %rbp\\n push %r12\\n push %r13\\n push %r14\\n push %r15\\n mov $0xabcdef,%eax\\n movd %eax,%xmm3\\n fld1\\n mov %rdi,%r10\\n mov $0x11,%r8d\\n mov $0x22,%r9d\\n mov $0x44,%r11d\\n mov $0x55,%r12d\\n mov $0x66,%r13d\\n mov $0x77,%r14d\\n mov $0x88,%r15d\\n mov $0x99,%edi\\n mov $0x9a,%esi\\n mov $0xaa,%ebx\\n mov $0xbb,%edx\\n mov $0xcc,%ecx\\n mov $0xee,%ebp\\n mov %rsp,touch_sp(%rip)\\n mov $0xdd,%eax\\n cmp $0,%eax\\n movb $1,(%r10)\\n mov %rbx,%rax\\n fstp %st(0)\\n pop %r15\\n pop %r14\\n pop %r13\\n pop %r12\\n pop %rbp\\n pop %rbx\\n ret");
void handler(void);
asm(".globl handler\\nhandler: mov %rsp,%r8\\n jmp handler_c");
__attribute__((used)) void handler_c(int sig, word info, word uc, word address, word sp) {
  unsigned short cw; asm volatile("fnstcw %0" : "=m"(cw));
  word mc = uc + 0x10;
  say("step", step); say("signo", sig); say("align", sp % 16); say("uc", uc - sp); say("cw", cw);
  if (step == 3) { say("code argument", info); return; }
  say("info", info - sp); say("handler field", W(sp + 8, 0) == (word)handler);
  say("si_signo", U(info, 0)); say("si_code", U(info, 8)); say("mask", U(uc, 0)); say("onstack", W(mc, 0)); say("len", W(mc, 0xc8)); say("fpformat", W(mc, 0xd0)); say("flags", U(mc, 0x90)); say("ss_flags", U(uc, 0x338 + 0x10));
  say("cs", W(mc, 0xa8)); say("ss", W(mc, 0xc0)); say("segments", W(mc, 0x84) & 0xffffffff); say("xfpu inside", W(mc, 0x2f0) - (sp + 8 + 976)); say("xfpu length", W(mc, 0x2f8));
  if (step == 1) {
    say("si_addr", W(info, 0x18) - (word)page); say("si_trapno", U(info, 0x28)); say("address argument", address - (word)page); say("trapno", U(mc, 0x80)); say("err", W(mc, 0x98)); say("addr", W(mc, 0x88) - (word)page);
    for (int i = 1; i <= 15; i++) if (i != 10) say("register", W(mc, 8 * i)); else say("r10", W(mc, 8 * i) - (word)page);
    say("rsp", W(mc, 0xb8) - touch_sp); say("rflags", W(mc, 0xb0)); say("xmm3", U(mc, 0xe0 + 160 + 48)); say("saved cw", U(mc, 0xe0) & 0xffff); say("fsbase", W(mc, 0x2e0) == W(W(mc, 0x2e0), 0));
    mprotect(page, 4096, 3); W(mc, 0x40) = 0x5678;
  } else { say("si_pid", U(info, 0xc) == getpid()); say("on alt", sp > (word)alt && sp < (word)alt + 16384); }
}
int main() {
  set_action(11, handler, 0x40); page = mmap(0, 4096, 1, 0x1002, -1, 0);
  step = 1; say("rbx after", touch_write(page + 5));
  alt = mmap(0, 16384, 3, 0x1002, -1, 0); word stack[3] = {(word)alt, 16384, 0}; sigaltstack(stack, 0);
  set_action(30, handler, 0x41); step = 2; raise(30);
  set_action(30, handler, 0); step = 3; raise(30);
  return 0;
}`;

needing(missingGuest('fri6gc'))('fri6gc: the frame of FreeBSD on x86-64', (t) => {
  const guest = bootGuest('fri6gc', AMD64);
  t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  const common = (onstack: string): string[] => [
    'mask 0',
    `onstack 0`,
    'len 320',
    'fpformat 10002',
    'flags 5',
    `ss_flags ${onstack}`,
    'cs 43',
    'ss 3b',
    'segments 1b0013',
  ];
  const lines = guest.output().trimEnd().split('\n');
  const at = (name: string): number => lines.indexOf(name);
  const [one, two, three] = [lines.slice(at('step 1'), at('step 2')), lines.slice(at('step 2'), at('step 3')), lines.slice(at('step 3'))];
  t.deepEqual(one.slice(0, 9), [
    'step 1',
    'signo b',
    'align 8',
    'uc 18',
    'cw 37f',
    'info 388',
    'handler field 1',
    'si_signo b',
    'si_code 2',
  ]);
  t.deepEqual(one.slice(9, 18), common('4'));
  // The extended area lies above the frame at the next multiple of 64.
  t.regex(one[18], /^xfpu inside [0-9a-f]{1,2}$/);
  t.deepEqual(one.slice(19, 26), ['xfpu length 40', 'si_addr 5', 'si_trapno c', 'address argument 5', 'trapno c', 'err 7', 'addr 5']);
  t.deepEqual(
    one.slice(26, 41),
    // rdi rsi rdx rcx r8 r9 rax rbx rbp r10 r11 r12 r13 r14 r15
    ['99', '9a', 'bb', 'cc', '11', '22', 'dd', 'aa', 'ee', '5', '44', '55', '66', '77', '88'].map(
      (v, i) => `${i === 9 ? 'r10' : 'register'} ${v}`,
    ),
  );
  t.deepEqual(one.slice(41), ['rsp 0', 'rflags 10206', 'xmm3 abcdef', 'saved cw 37f', 'fsbase 1', 'rbx after 5678']);
  t.deepEqual(two.slice(0, 9), [
    'step 2',
    'signo 1e',
    'align 8',
    'uc 18',
    'cw 37f',
    'info 388',
    'handler field 1',
    'si_signo 1e',
    'si_code 10007',
  ]);
  t.deepEqual(two.slice(9, 18), common('0'));
  t.deepEqual(two.slice(-2), ['si_pid 1', 'on alt 1']);
  t.deepEqual(three, ['step 3', 'signo 1e', 'align 8', 'uc 18', 'cw 37f', 'code argument 10007']);
});

const I386 = `${COMMON}
word touch_write(void *);
asm("touch_write: push %ebx\\n push %ebp\\n push %esi\\n push %edi\\n mov 20(%esp),%eax\\n mov $0xabcdef,%ecx\\n movd %ecx,%xmm3\\n mov $0x99,%edi\\n mov $0x9a,%esi\\n mov $0xaa,%ebx\\n mov $0xbb,%edx\\n mov $0xcc,%ecx\\n mov $0xee,%ebp\\n cmp $0,%eax\\n movb $1,(%eax)\\n mov %esi,%eax\\n pop %edi\\n pop %esi\\n pop %ebp\\n pop %ebx\\n ret");
__attribute__((noinline, optimize("no-omit-frame-pointer"))) void handler(int sig, word info, word uc, word address) {
  unsigned short cw; asm volatile("fnstcw %0" : "=m"(cw));
  word sp = (word)__builtin_frame_address(0) + 4, mc = uc + 0x10;
  say("step", step); say("signo", sig); say("align", sp % 16); say("uc", uc - sp); say("cw", cw);
  if (step == 3) { say("code argument", info); return; }
  say("info", info - sp); say("handler field", W(sp + 4, 0x10) == (word)handler);
  say("si_signo", U(info, 0)); say("si_code", U(info, 8)); say("len", W(mc, 0x50)); say("fpformat", W(mc, 0x54)); say("flags", U(mc, 0x5c)); say("ss_flags", U(uc, 0x294 + 8));
  say("cs", W(mc, 0x40)); say("ss", W(mc, 0x4c)); say("gs", W(mc, 4)); say("fs", W(mc, 8)); say("es", W(mc, 0xc)); say("ds", W(mc, 0x10)); say("xfpu length", W(mc, 0x26c));
  if (step == 1) {
    say("si_addr", W(info, 0x18) - (word)page); say("si_trapno", U(info, 0x20)); say("address argument", address - (word)page); say("trapno", U(mc, 0x34)); say("err", W(mc, 0x38));
    say("edi", W(mc, 0x14)); say("esi", W(mc, 0x18)); say("ebp", W(mc, 0x1c)); say("ebx", W(mc, 0x24)); say("edx", W(mc, 0x28)); say("ecx", W(mc, 0x2c)); say("eax", W(mc, 0x30) - (word)page);
    say("xmm3", U(mc, 0x60 + 160 + 48)); say("saved cw", U(mc, 0x60) & 0xffff); say("gsbase", W(mc, 0x264) == W(W(mc, 0x264), 0));
    mprotect(page, 4096, 3); W(mc, 0x18) = 0x5678;
  } else { say("si_pid", U(info, 0xc) == getpid()); say("on alt", sp > (word)alt && sp < (word)alt + 16384); }
}
int main() {
  set_action(11, handler, 0x40); page = mmap(0, 4096, 1, 0x1002, -1, 0);
  step = 1; say("esi after", touch_write(page + 5));
  alt = mmap(0, 16384, 3, 0x1002, -1, 0); word stack[3] = {(word)alt, 16384, 0}; sigaltstack(stack, 0);
  set_action(30, handler, 0x41); step = 2; raise(30);
  set_action(30, handler, 0); step = 3; raise(30);
  word self; asm volatile("mov %%gs:0,%0" : "=r"(self)); say("gs works", self != 0);
  return 0;
}`;

needing(missingGuest('fri3gc'))('fri3gc: the frame of FreeBSD on IA-32', (t) => {
  const guest = bootGuest('fri3gc', I386);
  t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  const segments = ['cs 33', 'ss 3b', 'gs 1b', 'fs 3b', 'es 3b', 'ds 3b', 'xfpu length 40'];
  t.deepEqual(guest.output().trimEnd().split('\n'), [
    ...[
      'step 1',
      'signo b',
      'align c',
      'uc 24',
      'cw 127f',
      'info 2e4',
      'handler field 1',
      'si_signo b',
      'si_code 2',
      'len 280',
      'fpformat 10002',
      'flags 4',
    ],
    ...['ss_flags 4', ...segments, 'si_addr 5', 'si_trapno c', 'address argument 5', 'trapno c', 'err 7'],
    ...['edi 99', 'esi 9a', 'ebp ee', 'ebx aa', 'edx bb', 'ecx cc', 'eax 5', 'xmm3 abcdef', 'saved cw 127f', 'gsbase 1', 'esi after 5678'],
    ...[
      'step 2',
      'signo 1e',
      'align c',
      'uc 24',
      'cw 127f',
      'info 2e4',
      'handler field 1',
      'si_signo 1e',
      'si_code 10007',
      'len 280',
      'fpformat 10002',
      'flags 4',
    ],
    ...['ss_flags 0', ...segments, 'si_pid 1', 'on alt 1'],
    ...['step 3', 'signo 1e', 'align c', 'uc 24', 'cw 127f', 'code argument 10007', 'gs works 1'],
  ]);
});
