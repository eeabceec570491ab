/* Both frames of IA-32. */
#include "frame.h"

void touch_write(void *);
void touch_read(void *);
word touch_sp, after_esi;
#define LOAD                                                                                    \
  "push %ebx\n push %ebp\n push %esi\n push %edi\n mov 20(%esp),%eax\n fld1\n mov $0x99,%edi\n" \
  " mov $0x9a,%esi\n mov $0xaa,%ebx\n mov $0xbb,%edx\n mov $0xcc,%ecx\n mov $0xee,%ebp\n cmp $0,%eax\n"
#define STORE "fstp %st(0)\n mov %esi,%eax\n pop %edi\n pop %esi\n pop %ebp\n pop %ebx\n ret\n"
asm(".globl touch_write\ntouch_write: " LOAD "movb $1,(%eax)\n" STORE);
asm(".globl touch_read\ntouch_read: " LOAD "movb (%eax),%cl\n" STORE);
static volatile int rt = 1;
__attribute__((noinline, optimize("no-omit-frame-pointer"))) void handler(int sig, word info, word uc) {
  word f = (word)__builtin_frame_address(0) + 4;
  say("step", step);
  say("signo", sig);
  say("align", f % 16);
  word mc = rt ? f + 0xa4 : f + 8;
  word fp = W(mc, 0x4c);
  if (rt) {
    say("info", info - f);
    say("uc", uc - f);
    say("uc_flags", W(uc, 0));
    say("link", W(uc, 4));
    say("stack flags", W(uc, 12));
    say("stack size", W(uc, 16));
    say("mask", W(uc, 0x6c));
    say("mask high", W(uc, 0x70));
    say("retcode", W(f, 0x104));
    say("retcode2", W(f, 0x108));
  } else {
    say("extramask", W(f, 0x2d0));
    say("retcode", W(f, 0x2d4));
    say("retcode2", W(f, 0x2d8));
  }
  say("restorer", W(f, 0) != 0);
  say("fp", fp - f);
  say("fx align", (fp + 0x70) % 64);
  u32 xsize = U(fp, 0x70 + 0x1d0 + 16);
  say("magic1", U(fp, 0x70 + 0x1d0));
  say("extended", U(fp, 0x70 + 0x1d4) - xsize);
  say("features", U(fp, 0x70 + 0x1d8) & 3);
  say("magic2", U(fp, 0x70 + xsize));
  word sp = W(mc, 7 * 4);
  word top = step == 9 ? (word)alt + 16384 : sp;
  word fx = ((top - xsize - 4) & -64UL) - 0x70;
  say("placed", (((fx - (rt ? 0x10c : 0x2dc) + 4) & -16UL) - 4) == f);
  for (int i = 0; i < 4; i++) say("segment", W(mc, 4 * i) & (i == 0 ? 0 : 0xffff));
  static const char *const names[] = {"edi", "esi", "ebp", "esp", "ebx", "edx", "ecx"};
  if (step < 5)
    for (int i = 0; i < 7; i++)
      if (i != 3) say(names[i], W(mc, 16 + 4 * i));
  if (step < 5) say("eax", W(mc, 44) - (word)page);
  say("uesp", W(mc, 7 * 4) - W(mc, 17 * 4));
  say("trapno", W(mc, 48));
  say("err", W(mc, 52));
  say("cs", W(mc, 60));
  say("eflags", W(mc, 64) & (step < 5 ? -1UL : 0x10500));
  say("ss", W(mc, 72));
  say("oldmask", W(mc, 0x50));
  if (step < 5) say("cr2", W(mc, 0x54) - (word)page);
  say("cw", U(fp, 0));
  if (step < 5) {
    say("sw", U(fp, 4));
    say("tag", U(fp, 8));
    say("st0", U(fp, 28 + 4));
    say("status", U(fp, 0x6c));
  }
  if (rt) {
    say("si_signo", U(info, 0));
    say("si_errno", U(info, 4));
    say("si_code", U(info, 8));
    if (step < 5) say("si_addr", W(info, 12) - (word)page);
    if (step == 6) say("si_pid", U(info, 12) == getpid());
    if (step == 7 || step == 8) say("si_addr is eip", W(info, 12) == W(mc, 56));
  }
  if (step == 1 || step == 2) mprotect(page, 4096, 3);
  if (step == 3 || step == 4) mmap(page, 4096, 3, 0x32, -1, 0);
  if (step == 2) W(mc, 20) = 0x5678;
  if (step == 7 || step == 8) W(mc, 56) += 2;
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
  say("after esi", ((word(*)(void *))touch_read)(page + 7));
  step = 3;
  munmap(page, 4096);
  touch_read(page);
  step = 6;
  raise(10);
  step = 7;
  asm volatile("xor %%ecx,%%ecx\n mov $1,%%eax\n cltd\n idiv %%ecx" ::: "eax", "ecx", "edx", "memory");
  step = 8;
  asm volatile("ud2");
  alt = mmap(0, 16384, 3, 0x22, -1, 0);
  word stack[3] = {(word)alt, 0, 16384};
  sigaltstack((void *)stack, 0);
  set_action(10, handler, 4 | 0x8000000);
  step = 9;
  raise(10);
  rt = 0;
  set_action(10, handler, 0);
  set_action(11, handler, 0);
  step = 10;
  raise(10);
  step = 4;
  munmap(page, 4096);
  touch_write(page + 9);
  return 0;
}
