/* The frame of ARM64. QEMU's user mode stands in for a kernel: it writes no ESR record and knows no error code. */
#include "frame.h"

void handler(void);
word touch_write(void *);
word touch_read(void *);
word touch_sp;
#define LOAD                                                                                            \
  "stp x29,x30,[sp,#-128]!\n stp x19,x20,[sp,#16]\n stp x21,x22,[sp,#32]\n stp x23,x24,[sp,#48]\n"      \
  " stp x25,x26,[sp,#64]\n stp x27,x28,[sp,#80]\n stp d8,d9,[sp,#96]\n adrp x1, touch_sp\n"             \
  " add x1, x1, :lo12:touch_sp\n mov x2, sp\n str x2,[x1]\n mov x1,#0x101\n mov x2,#0x102\n"            \
  " mov x3,#0x103\n mov x7,#0x107\n mov x8,#0x108\n mov x15,#0x115\n mov x16,#0x116\n mov x19,#0x119\n" \
  " mov x28,#0x128\n mov x29,#0x129\n mov x30,#0x130\n fmov d8,x19\n fmov d31,x28\n cmp x1,#0\n"
#define STORE                                                                       \
  "mov x0,x19\n ldp d8,d9,[sp,#96]\n ldp x27,x28,[sp,#80]\n ldp x25,x26,[sp,#64]\n" \
  " ldp x23,x24,[sp,#48]\n ldp x21,x22,[sp,#32]\n ldp x19,x20,[sp,#16]\n ldp x29,x30,[sp],#128\n ret\n"
asm(".globl touch_write\ntouch_write: " LOAD "strb w1,[x0]\n" STORE);
asm(".globl touch_read\ntouch_read: " LOAD "ldrb w5,[x0]\n" STORE);
asm(".globl handler\nhandler: mov x3,sp\n mov x4,x29\n mov x5,x30\n b handler_c");
__attribute__((used)) void handler_c(int sig, word info, word uc, word f, word record, word link) {
  say("step", step);
  say("signo", sig);
  say("align", f % 16);
  say("link", link != 0);
  say("record", record - f);
  if (want_info) {
    say("info", info - f);
    say("uc", uc - f);
  }
  uc = f + 0x80;
  word mc = uc + 0xb0, sp = W(mc, 0x100);
  word top = step == 9 ? (word)alt + 65536 : sp;
  say("placed", ((top - 16) & -16UL) - 0x1250 == f);
  say("uc_flags", W(uc, 0));
  say("uc_link", W(uc, 8));
  say("stack flags", U(uc, 0x18));
  say("stack size", W(uc, 0x20));
  say("mask", W(uc, 0x28));
  if (step < 5) {
    for (int i = 0; i < 31; i++)
      if (i == 1 || i == 2 || i == 3 || i == 7 || i == 8 || i == 15 || i == 16 || i == 19 || i >= 28) say("x", W(mc, 8 + 8 * i));
    say("x0", W(mc, 8) - (word)page);
    say("sp", sp - touch_sp);
    say("pstate", W(mc, 0x110));
    say("record fp", W(record, 0));
    say("record lr", W(record, 8));
  }
  word r = mc + 0x120;
  say("fpsimd", U(r, 0));
  say("fpsimd size", U(r, 4));
  if (step < 5) {
    say("fpcr", U(r, 12));
    say("d8", W(r, 16 + 16 * 8));
    say("v31", W(r, 16 + 16 * 31));
  }
  if (want_info) {
    say("si_signo", U(info, 0));
    say("si_errno", U(info, 4));
    say("si_code", U(info, 8));
    if (step < 5) say("si_addr", W(info, 16) - (word)page);
    if (step == 6) say("si_pid", U(info, 16) == getpid());
  }
  if (step == 1 || step == 2) mprotect(page, 4096, 3);
  if (step == 3 || step == 4) mmap(page, 4096, 3, 0x32, -1, 0);
  if (step == 2) W(mc, 8 + 8 * 19) = 0x5678;
}
int main() {
  set_action(11, handler, 4);
  set_action(10, handler, 4);
  page = mmap(0, 4096 * 4, 3, 0x22, -1, 0);
  *(volatile u8 *)page = 0;
  step = 1;
  mprotect(page, 4096, 1);
  touch_write(page + 5);
  step = 2;
  mprotect(page, 4096, 0);
  say("after x19", touch_read(page + 7));
  step = 3;
  munmap(page, 4096);
  touch_read(page);
  step = 4;
  munmap(page, 4096);
  touch_write(page + 9);
  step = 6;
  raise(10);
  alt = mmap(0, 65536, 3, 0x22, -1, 0);
  word stack[3] = {(word)alt, 0, 65536};
  sigaltstack((void *)stack, 0);
  set_action(10, handler, 4 | 0x8000000);
  step = 9;
  raise(10);
  set_action(10, handler, 0);
  want_info = 0;
  step = 10;
  raise(10);
  return 0;
}
