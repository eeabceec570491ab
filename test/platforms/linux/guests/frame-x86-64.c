/* The frame of x86-64: the registers are loaded by an assembly routine with one store or load in it. */
#include "frame.h"

void handler(void);
void touch_write(void *);
void touch_read(void *);
word touch_sp;
u32 after_xmm;
word after_rbx;
#define LOAD                                                                                      \
  "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n mov $0xabcdef,%eax\n"  \
  " movd %eax,%xmm3\n fld1\n mov %rdi,%r10\n mov $0x11,%r8d\n mov $0x22,%r9d\n mov $0x44,%r11d\n" \
  " mov $0x55,%r12d\n mov $0x66,%r13d\n mov $0x77,%r14d\n mov $0x88,%r15d\n mov $0x99,%edi\n"     \
  " mov $0x9a,%esi\n mov $0xaa,%ebx\n mov $0xbb,%edx\n mov $0xcc,%ecx\n mov $0xee,%ebp\n"         \
  " mov %rsp,touch_sp(%rip)\n mov $0xdd,%eax\n cmp $0,%eax\n"
#define STORE                                                                                   \
  "mov %rbx,after_rbx(%rip)\n movd %xmm3,after_xmm(%rip)\n fstp %st(0)\n pop %r15\n pop %r14\n" \
  " pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n"
asm(".globl touch_write\ntouch_write: " LOAD "movb $1,(%r10)\n" STORE);
asm(".globl touch_read\ntouch_read: " LOAD "movb (%r10),%al\n" STORE);
asm(".globl handler\nhandler: mov %rsp,%rcx\n mov %rax,%r8\n jmp handler_c");
__attribute__((used)) void handler_c(int sig, word info, word uc, word f, word rax) {
  unsigned short handler_cw = 0;
  u32 handler_mxcsr = 0;
  asm volatile("fnstcw %0\n stmxcsr %1" : "=m"(handler_cw), "=m"(handler_mxcsr));
  say("step", step);
  say("signo", sig);
  say("align", f % 16);
  say("rax", rax);
  say("info", info - f);
  say("uc", uc - f);
  say("handler cw", handler_cw);
  say("handler mxcsr", handler_mxcsr);
  word sp = W(f, 0x30 + 15 * 8), fp = W(f, 0xe8);
  say("restorer", W(f, 0) != 0);
  say("fp", fp - f);
  say("fp align", fp % 64);
  u32 xsize = U(fp, 0x1d0 + 16);
  say("magic1", U(fp, 0x1d0));
  say("extended", U(fp, 0x1d4) - xsize);
  say("features", U(fp, 0x1d8) & 3);
  say("magic2", U(fp, xsize));
  say("bv", U(fp, 0x200) & 3);
  word top = step == 9 ? (word)alt + 16384 : sp - 128;
  say("placed", (((((top - xsize - 4) & -64UL) - 0x1b8) & -16UL) - 8) == f);
  say("uc_flags", W(uc, 0));
  say("link", W(uc, 8));
  say("stack flags", U(uc, 0x18));
  say("stack size", W(uc, 0x20));
  static const char *const names[] = {"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
                                      "rdi", "rsi", "rbp", "rbx", "rdx", "rax", "rcx"};
  if (step < 5)
    for (int i = 0; i < 15; i++)
      if (i != 2) say(names[i], W(f, 0x30 + 8 * i));
  if (step < 5) say("rsp", sp - touch_sp);
  say("eflags", W(f, 0x30 + 17 * 8) & (step < 5 ? -1UL : 0x10500));
  say("csgsfs", W(f, 0x30 + 18 * 8));
  say("err", W(f, 0x30 + 19 * 8));
  say("trapno", W(f, 0x30 + 20 * 8));
  say("oldmask", W(f, 0x30 + 21 * 8));
  if (step < 5) say("cr2", W(f, 0x30 + 22 * 8) - (word)page);
  say("mask", W(uc, 0x128));
  say("cw", U(fp, 0) & 0xffff);
  say("mxcsr", U(fp, 24));
  if (step < 5) {
    say("xmm3", U(fp, 160 + 48));
    say("tag", U(fp, 4) & 0xff);
    say("st0", W(fp, 32));
  }
  if (want_info) {
    say("si_signo", U(info, 0));
    say("si_errno", U(info, 4));
    say("si_code", U(info, 8));
    if (step < 5) say("si_addr", W(info, 16) - (word)page);
    if (step == 5) say("si_addr", W(info, 16));
    if (step == 6) say("si_pid", U(info, 16) == getpid());
    if (step == 7 || step == 8) say("si_addr is rip", W(info, 16) == W(f, 0x30 + 16 * 8));
  }
  if (step == 1 || step == 2) mprotect(page, 4096, 3);
  if (step == 3 || step == 4) mmap(page, 4096, 3, 0x32, -1, 0);
  if (step == 2) {
    U(fp, 160 + 48) = 0x1234;
    W(f, 0x30 + 11 * 8) = 0x5678;
  }
  if (step == 5 || step == 7 || step == 8) W(f, 0x30 + 16 * 8) += step == 7 ? 2 : step == 5 ? 3 : 2;
}
int main() {
  set_action(11, handler, 4);
  set_action(10, handler, 4);
  set_action(8, handler, 4);
  set_action(4, handler, 4);
  page = mmap(0, 4096 * 4, 3, 0x22, -1, 0);
  *(volatile u8 *)page = 0;
  step = 1;
  mprotect(page, 4096, 1);
  touch_write(page + 5);
  step = 2;
  mprotect(page, 4096, 0);
  touch_read(page + 7);
  say("after xmm", after_xmm);
  say("after rbx", after_rbx);
  step = 3;
  munmap(page, 4096);
  touch_read(page);
  step = 4;
  munmap(page, 4096);
  touch_write(page + 9);
  step = 5;
  asm volatile("movabs $0x1234567890abcdef,%%rax\n movb (%%rax),%%al\n nop" ::: "rax", "memory");
  step = 6;
  raise(10);
  step = 7;
  asm volatile("xor %%ecx,%%ecx\n mov $1,%%eax\n cltd\n idiv %%ecx" ::: "rax", "rcx", "rdx", "memory");
  step = 8;
  asm volatile("ud2");
  alt = mmap(0, 16384, 3, 0x22, -1, 0);
  word stack[3] = {(word)alt, 0, 16384};
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
