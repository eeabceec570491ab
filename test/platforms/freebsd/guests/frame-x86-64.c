/* The frame of x86-64. */
#include "frame.h"

word touch_write(void *);
word touch_sp;
asm("touch_write: push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
    " mov $0xabcdef,%eax\n movd %eax,%xmm3\n fld1\n mov %rdi,%r10\n mov $0x11,%r8d\n mov $0x22,%r9d\n"
    " mov $0x44,%r11d\n mov $0x55,%r12d\n mov $0x66,%r13d\n mov $0x77,%r14d\n mov $0x88,%r15d\n"
    " mov $0x99,%edi\n mov $0x9a,%esi\n mov $0xaa,%ebx\n mov $0xbb,%edx\n mov $0xcc,%ecx\n"
    " mov $0xee,%ebp\n mov %rsp,touch_sp(%rip)\n mov $0xdd,%eax\n cmp $0,%eax\n movb $1,(%r10)\n"
    " mov %rbx,%rax\n fstp %st(0)\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret");
void handler(void);
asm(".globl handler\nhandler: mov %rsp,%r8\n jmp handler_c");
__attribute__((used)) void handler_c(int sig, word info, word uc, word address, word sp) {
  unsigned short cw;
  asm volatile("fnstcw %0" : "=m"(cw));
  word mc = uc + 0x10;
  say("step", step);
  say("signo", sig);
  say("align", sp % 16);
  say("uc", uc - sp);
  say("cw", cw);
  if (step == 3) {
    say("code argument", info);
    return;
  }
  say("info", info - sp);
  say("handler field", W(sp + 8, 0) == (word)handler);
  say("si_signo", U(info, 0));
  say("si_code", U(info, 8));
  say("mask", U(uc, 0));
  say("onstack", W(mc, 0));
  say("len", W(mc, 0xc8));
  say("fpformat", W(mc, 0xd0));
  say("flags", U(mc, 0x90));
  say("ss_flags", U(uc, 0x338 + 0x10));
  say("cs", W(mc, 0xa8));
  say("ss", W(mc, 0xc0));
  say("segments", W(mc, 0x84) & 0xffffffff);
  say("xfpu inside", W(mc, 0x2f0) - (sp + 8 + 976));
  say("xfpu length", W(mc, 0x2f8));
  if (step == 1) {
    say("si_addr", W(info, 0x18) - (word)page);
    say("si_trapno", U(info, 0x28));
    say("address argument", address - (word)page);
    say("trapno", U(mc, 0x80));
    say("err", W(mc, 0x98));
    say("addr", W(mc, 0x88) - (word)page);
    for (int i = 1; i <= 15; i++)
      if (i != 10)
        say("register", W(mc, 8 * i));
      else
        say("r10", W(mc, 8 * i) - (word)page);
    say("rsp", W(mc, 0xb8) - touch_sp);
    say("rflags", W(mc, 0xb0));
    say("xmm3", U(mc, 0xe0 + 160 + 48));
    say("saved cw", U(mc, 0xe0) & 0xffff);
    say("fsbase", W(mc, 0x2e0) == W(W(mc, 0x2e0), 0));
    mprotect(page, 4096, 3);
    W(mc, 0x40) = 0x5678;
  } else {
    say("si_pid", U(info, 0xc) == getpid());
    say("on alt", sp > (word)alt && sp < (word)alt + 16384);
  }
}
int main() {
  set_action(11, handler, 0x40);
  page = mmap(0, 4096, 1, 0x1002, -1, 0);
  step = 1;
  say("rbx after", touch_write(page + 5));
  alt = mmap(0, 16384, 3, 0x1002, -1, 0);
  word stack[3] = {(word)alt, 16384, 0};
  sigaltstack(stack, 0);
  set_action(30, handler, 0x41);
  step = 2;
  raise(30);
  set_action(30, handler, 0);
  step = 3;
  raise(30);
  return 0;
}
