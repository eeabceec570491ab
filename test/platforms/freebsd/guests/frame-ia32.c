/* The frame of IA-32. */
#include "frame.h"

word touch_write(void *);
asm("touch_write: push %ebx\n push %ebp\n push %esi\n push %edi\n mov 20(%esp),%eax\n"
    " mov $0xabcdef,%ecx\n movd %ecx,%xmm3\n mov $0x99,%edi\n mov $0x9a,%esi\n mov $0xaa,%ebx\n"
    " mov $0xbb,%edx\n mov $0xcc,%ecx\n mov $0xee,%ebp\n cmp $0,%eax\n movb $1,(%eax)\n mov %esi,%eax\n"
    " pop %edi\n pop %esi\n pop %ebp\n pop %ebx\n ret");
__attribute__((noinline, optimize("no-omit-frame-pointer"))) void handler(int sig, word info, word uc, word address) {
  unsigned short cw;
  asm volatile("fnstcw %0" : "=m"(cw));
  word sp = (word)__builtin_frame_address(0) + 4, mc = uc + 0x10;
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
  say("handler field", W(sp + 4, 0x10) == (word)handler);
  say("si_signo", U(info, 0));
  say("si_code", U(info, 8));
  say("len", W(mc, 0x50));
  say("fpformat", W(mc, 0x54));
  say("flags", U(mc, 0x5c));
  say("ss_flags", U(uc, 0x294 + 8));
  say("cs", W(mc, 0x40));
  say("ss", W(mc, 0x4c));
  say("gs", W(mc, 4));
  say("fs", W(mc, 8));
  say("es", W(mc, 0xc));
  say("ds", W(mc, 0x10));
  say("xfpu length", W(mc, 0x26c));
  if (step == 1) {
    say("si_addr", W(info, 0x18) - (word)page);
    say("si_trapno", U(info, 0x20));
    say("address argument", address - (word)page);
    say("trapno", U(mc, 0x34));
    say("err", W(mc, 0x38));
    say("edi", W(mc, 0x14));
    say("esi", W(mc, 0x18));
    say("ebp", W(mc, 0x1c));
    say("ebx", W(mc, 0x24));
    say("edx", W(mc, 0x28));
    say("ecx", W(mc, 0x2c));
    say("eax", W(mc, 0x30) - (word)page);
    say("xmm3", U(mc, 0x60 + 160 + 48));
    say("saved cw", U(mc, 0x60) & 0xffff);
    say("gsbase", W(mc, 0x264) == W(W(mc, 0x264), 0));
    mprotect(page, 4096, 3);
    W(mc, 0x18) = 0x5678;
  } else {
    say("si_pid", U(info, 0xc) == getpid());
    say("on alt", sp > (word)alt && sp < (word)alt + 16384);
  }
}
int main() {
  set_action(11, handler, 0x40);
  page = mmap(0, 4096, 1, 0x1002, -1, 0);
  step = 1;
  say("esi after", touch_write(page + 5));
  alt = mmap(0, 16384, 3, 0x1002, -1, 0);
  word stack[3] = {(word)alt, 16384, 0};
  sigaltstack(stack, 0);
  set_action(30, handler, 0x41);
  step = 2;
  raise(30);
  set_action(30, handler, 0);
  step = 3;
  raise(30);
  word self;
  asm volatile("mov %%gs:0,%0" : "=r"(self));
  say("gs works", self != 0);
  return 0;
}
