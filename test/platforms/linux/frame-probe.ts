/**
 * A program that prints what it finds in its own signal frames, field by field at
 * their offsets. The same text runs natively (the oracle) and as a guest. Addresses are
 * printed relative to the frame, so that both print the same.
 */

/** Names that the native build takes from its C library and the guest from the test's prelude. */
export const NATIVE_PRELUDE = `
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <pthread.h>
typedef unsigned long word; typedef unsigned char u8; typedef unsigned int u32; typedef unsigned long long u64;
static void out(const char *s) { write(1, s, strlen(s)); }
static void hex(u64 v) { char b[20]; int i = 18; b[19] = 0; do { b[i--] = "0123456789abcdef"[v & 15]; v >>= 4; } while (v); out(b + i + 1); }
`;

const COMMON = `
#define W(base, off) (*(volatile word *)((u8 *)(base) + (off)))
#define U(base, off) (*(volatile u32 *)((u8 *)(base) + (off)))
static void say(const char *k, u64 v) { out(k); out(" "); hex(v); out("\\n"); }
static volatile int step; static u8 *volatile page; static volatile int want_info = 1; static u8 *volatile alt;
static void set_action(int sig, void *h, int flags) {
  word act[24]; for (int i = 0; i < 24; i++) act[i] = 0;
  act[0] = (word)h; ((u32 *)act)[sizeof(word) == 8 ? 34 : 33] = flags;
  sigaction(sig, (void *)act, 0);
}
`;

/** x86-64: the registers are loaded by an assembly routine with one store or load in it. */
export const X64_PROBE = `${COMMON}
void handler(void); void touch_write(void *); void touch_read(void *);
word touch_sp; u32 after_xmm; word after_rbx;
#define LOAD "push %rbx\\n push %rbp\\n push %r12\\n push %r13\\n push %r14\\n push %r15\\n mov $0xabcdef,%eax\\n movd %eax,%xmm3\\n fld1\\n mov %rdi,%r10\\n mov $0x11,%r8d\\n mov $0x22,%r9d\\n mov $0x44,%r11d\\n mov $0x55,%r12d\\n mov $0x66,%r13d\\n mov $0x77,%r14d\\n mov $0x88,%r15d\\n mov $0x99,%edi\\n mov $0x9a,%esi\\n mov $0xaa,%ebx\\n mov $0xbb,%edx\\n mov $0xcc,%ecx\\n mov $0xee,%ebp\\n mov %rsp,touch_sp(%rip)\\n mov $0xdd,%eax\\n cmp $0,%eax\\n"
#define STORE "mov %rbx,after_rbx(%rip)\\n movd %xmm3,after_xmm(%rip)\\n fstp %st(0)\\n pop %r15\\n pop %r14\\n pop %r13\\n pop %r12\\n pop %rbp\\n pop %rbx\\n ret\\n"
asm(".globl touch_write\\ntouch_write: " LOAD "movb $1,(%r10)\\n" STORE);
asm(".globl touch_read\\ntouch_read: " LOAD "movb (%r10),%al\\n" STORE);
asm(".globl handler\\nhandler: mov %rsp,%rcx\\n mov %rax,%r8\\n jmp handler_c");
__attribute__((used)) void handler_c(int sig, word info, word uc, word f, word rax) {
  unsigned short handler_cw = 0; u32 handler_mxcsr = 0;
  asm volatile("fnstcw %0\\n stmxcsr %1" : "=m"(handler_cw), "=m"(handler_mxcsr));
  say("step", step); say("signo", sig); say("align", f % 16); say("rax", rax); say("info", info - f); say("uc", uc - f);
  say("handler cw", handler_cw); say("handler mxcsr", handler_mxcsr);
  word sp = W(f, 0x30 + 15 * 8), fp = W(f, 0xe8);
  say("restorer", W(f, 0) != 0); say("fp", fp - f); say("fp align", fp % 64);
  u32 xsize = U(fp, 0x1d0 + 16);
  say("magic1", U(fp, 0x1d0)); say("extended", U(fp, 0x1d4) - xsize); say("features", U(fp, 0x1d8) & 3); say("magic2", U(fp, xsize)); say("bv", U(fp, 0x200) & 3);
  word top = step == 9 ? (word)alt + 16384 : sp - 128;
  say("placed", (((((top - xsize - 4) & -64UL) - 0x1b8) & -16UL) - 8) == f);
  say("uc_flags", W(uc, 0)); say("link", W(uc, 8)); say("stack flags", U(uc, 0x18)); say("stack size", W(uc, 0x20));
  static const char *const names[] = {"r8","r9","r10","r11","r12","r13","r14","r15","rdi","rsi","rbp","rbx","rdx","rax","rcx"};
  if (step < 5) for (int i = 0; i < 15; i++) if (i != 2) say(names[i], W(f, 0x30 + 8 * i));
  if (step < 5) say("rsp", sp - touch_sp);
  say("eflags", W(f, 0x30 + 17 * 8) & (step < 5 ? -1UL : 0x10500)); say("csgsfs", W(f, 0x30 + 18 * 8)); say("err", W(f, 0x30 + 19 * 8)); say("trapno", W(f, 0x30 + 20 * 8));
  say("oldmask", W(f, 0x30 + 21 * 8)); if (step < 5) say("cr2", W(f, 0x30 + 22 * 8) - (word)page); say("mask", W(uc, 0x128));
  say("cw", U(fp, 0) & 0xffff); say("mxcsr", U(fp, 24)); if (step < 5) { say("xmm3", U(fp, 160 + 48)); say("tag", U(fp, 4) & 0xff); say("st0", W(fp, 32)); }
  if (want_info) {
    say("si_signo", U(info, 0)); say("si_errno", U(info, 4)); say("si_code", U(info, 8));
    if (step < 5) say("si_addr", W(info, 16) - (word)page);
    if (step == 5) say("si_addr", W(info, 16));
    if (step == 6) say("si_pid", U(info, 16) == getpid());
    if (step == 7 || step == 8) say("si_addr is rip", W(info, 16) == W(f, 0x30 + 16 * 8));
  }
  if (step == 1 || step == 2) mprotect(page, 4096, 3);
  if (step == 3 || step == 4) mmap(page, 4096, 3, 0x32, -1, 0);
  if (step == 2) { U(fp, 160 + 48) = 0x1234; W(f, 0x30 + 11 * 8) = 0x5678; }
  if (step == 5 || step == 7 || step == 8) W(f, 0x30 + 16 * 8) += step == 7 ? 2 : step == 5 ? 3 : 2;
}
int main() {
  set_action(11, handler, 4); set_action(10, handler, 4); set_action(8, handler, 4); set_action(4, handler, 4);
  page = mmap(0, 4096 * 4, 3, 0x22, -1, 0); *(volatile u8 *)page = 0;
  step = 1; mprotect(page, 4096, 1); touch_write(page + 5);
  step = 2; mprotect(page, 4096, 0); touch_read(page + 7); say("after xmm", after_xmm); say("after rbx", after_rbx);
  step = 3; munmap(page, 4096); touch_read(page);
  step = 4; munmap(page, 4096); touch_write(page + 9);
  step = 5; asm volatile("movabs $0x1234567890abcdef,%%rax\\n movb (%%rax),%%al\\n nop" ::: "rax", "memory");
  step = 6; raise(10);
  step = 7; asm volatile("xor %%ecx,%%ecx\\n mov $1,%%eax\\n cltd\\n idiv %%ecx" ::: "rax", "rcx", "rdx", "memory");
  step = 8; asm volatile("ud2");
  alt = mmap(0, 16384, 3, 0x22, -1, 0);
  word stack[3] = {(word)alt, 0, 16384}; sigaltstack((void *)stack, 0);
  set_action(10, handler, 4 | 0x8000000);
  step = 9; raise(10);
  set_action(10, handler, 0); want_info = 0;
  step = 10; raise(10);
  return 0;
}
`;

/** IA-32: both frames. */
export const I386_PROBE = `${COMMON}
void touch_write(void *); void touch_read(void *);
word touch_sp, after_esi;
#define LOAD "push %ebx\\n push %ebp\\n push %esi\\n push %edi\\n mov 20(%esp),%eax\\n fld1\\n mov $0x99,%edi\\n mov $0x9a,%esi\\n mov $0xaa,%ebx\\n mov $0xbb,%edx\\n mov $0xcc,%ecx\\n mov $0xee,%ebp\\n cmp $0,%eax\\n"
#define STORE "fstp %st(0)\\n mov %esi,%eax\\n pop %edi\\n pop %esi\\n pop %ebp\\n pop %ebx\\n ret\\n"
asm(".globl touch_write\\ntouch_write: " LOAD "movb $1,(%eax)\\n" STORE);
asm(".globl touch_read\\ntouch_read: " LOAD "movb (%eax),%cl\\n" STORE);
static volatile int rt = 1;
__attribute__((noinline, optimize("no-omit-frame-pointer"))) void handler(int sig, word info, word uc) {
  word f = (word)__builtin_frame_address(0) + 4;
  say("step", step); say("signo", sig); say("align", f % 16);
  word mc = rt ? f + 0xa4 : f + 8;
  word fp = W(mc, 0x4c);
  if (rt) { say("info", info - f); say("uc", uc - f); say("uc_flags", W(uc, 0)); say("link", W(uc, 4)); say("stack flags", W(uc, 12)); say("stack size", W(uc, 16)); say("mask", W(uc, 0x6c)); say("mask high", W(uc, 0x70)); say("retcode", W(f, 0x104)); say("retcode2", W(f, 0x108)); }
  else { say("extramask", W(f, 0x2d0)); say("retcode", W(f, 0x2d4)); say("retcode2", W(f, 0x2d8)); }
  say("restorer", W(f, 0) != 0); say("fp", fp - f); say("fx align", (fp + 0x70) % 64);
  u32 xsize = U(fp, 0x70 + 0x1d0 + 16);
  say("magic1", U(fp, 0x70 + 0x1d0)); say("extended", U(fp, 0x70 + 0x1d4) - xsize); say("features", U(fp, 0x70 + 0x1d8) & 3); say("magic2", U(fp, 0x70 + xsize));
  word sp = W(mc, 7 * 4);
  word top = step == 9 ? (word)alt + 16384 : sp;
  word fx = ((top - xsize - 4) & -64UL) - 0x70;
  say("placed", (((fx - (rt ? 0x10c : 0x2dc) + 4) & -16UL) - 4) == f);
  for (int i = 0; i < 4; i++) say("segment", W(mc, 4 * i) & (i == 0 ? 0 : 0xffff));
  static const char *const names[] = {"edi","esi","ebp","esp","ebx","edx","ecx"};
  if (step < 5) for (int i = 0; i < 7; i++) if (i != 3) say(names[i], W(mc, 16 + 4 * i));
  if (step < 5) say("eax", W(mc, 44) - (word)page);
  say("uesp", W(mc, 7 * 4) - W(mc, 17 * 4));
  say("trapno", W(mc, 48)); say("err", W(mc, 52)); say("cs", W(mc, 60)); say("eflags", W(mc, 64) & (step < 5 ? -1UL : 0x10500)); say("ss", W(mc, 72)); say("oldmask", W(mc, 0x50)); if (step < 5) say("cr2", W(mc, 0x54) - (word)page);
  say("cw", U(fp, 0)); if (step < 5) { say("sw", U(fp, 4)); say("tag", U(fp, 8)); say("st0", U(fp, 28 + 4)); say("status", U(fp, 0x6c)); }
  if (rt) { say("si_signo", U(info, 0)); say("si_errno", U(info, 4)); say("si_code", U(info, 8)); if (step < 5) say("si_addr", W(info, 12) - (word)page); if (step == 6) say("si_pid", U(info, 12) == getpid()); if (step == 7 || step == 8) say("si_addr is eip", W(info, 12) == W(mc, 56)); }
  if (step == 1 || step == 2) mprotect(page, 4096, 3);
  if (step == 3 || step == 4) mmap(page, 4096, 3, 0x32, -1, 0);
  if (step == 2) W(mc, 20) = 0x5678;
  if (step == 7 || step == 8) W(mc, 56) += 2;
}
int main() {
  set_action(11, handler, 4); set_action(10, handler, 4); set_action(8, handler, 4); set_action(4, handler, 4);
  page = mmap(0, 4096 * 4, 3, 0x22, -1, 0); *(volatile u8 *)page = 0;
  step = 1; mprotect(page, 4096, 1); touch_write(page + 5);
  step = 2; mprotect(page, 4096, 0); say("after esi", ((word (*)(void *))touch_read)(page + 7));
  step = 3; munmap(page, 4096); touch_read(page);
  step = 6; raise(10);
  step = 7; asm volatile("xor %%ecx,%%ecx\\n mov $1,%%eax\\n cltd\\n idiv %%ecx" ::: "eax", "ecx", "edx", "memory");
  step = 8; asm volatile("ud2");
  alt = mmap(0, 16384, 3, 0x22, -1, 0);
  word stack[3] = {(word)alt, 0, 16384}; sigaltstack((void *)stack, 0);
  set_action(10, handler, 4 | 0x8000000);
  step = 9; raise(10);
  rt = 0; set_action(10, handler, 0); set_action(11, handler, 0);
  step = 10; raise(10);
  step = 4; munmap(page, 4096); touch_write(page + 9);
  return 0;
}
`;

/** ARM64. QEMU's user mode stands in for a kernel: it writes no ESR record and knows no error code. */
export const ARM64_PROBE = `${COMMON}
void handler(void); word touch_write(void *); word touch_read(void *);
word touch_sp;
#define LOAD "stp x29,x30,[sp,#-128]!\\n stp x19,x20,[sp,#16]\\n stp x21,x22,[sp,#32]\\n stp x23,x24,[sp,#48]\\n stp x25,x26,[sp,#64]\\n stp x27,x28,[sp,#80]\\n stp d8,d9,[sp,#96]\\n adrp x1, touch_sp\\n add x1, x1, :lo12:touch_sp\\n mov x2, sp\\n str x2,[x1]\\n mov x1,#0x101\\n mov x2,#0x102\\n mov x3,#0x103\\n mov x7,#0x107\\n mov x8,#0x108\\n mov x15,#0x115\\n mov x16,#0x116\\n mov x19,#0x119\\n mov x28,#0x128\\n mov x29,#0x129\\n mov x30,#0x130\\n fmov d8,x19\\n fmov d31,x28\\n cmp x1,#0\\n"
#define STORE "mov x0,x19\\n ldp d8,d9,[sp,#96]\\n ldp x27,x28,[sp,#80]\\n ldp x25,x26,[sp,#64]\\n ldp x23,x24,[sp,#48]\\n ldp x21,x22,[sp,#32]\\n ldp x19,x20,[sp,#16]\\n ldp x29,x30,[sp],#128\\n ret\\n"
asm(".globl touch_write\\ntouch_write: " LOAD "strb w1,[x0]\\n" STORE);
asm(".globl touch_read\\ntouch_read: " LOAD "ldrb w5,[x0]\\n" STORE);
asm(".globl handler\\nhandler: mov x3,sp\\n mov x4,x29\\n mov x5,x30\\n b handler_c");
__attribute__((used)) void handler_c(int sig, word info, word uc, word f, word record, word link) {
  say("step", step); say("signo", sig); say("align", f % 16); say("link", link != 0); say("record", record - f);
  if (want_info) { say("info", info - f); say("uc", uc - f); }
  uc = f + 0x80;
  word mc = uc + 0xb0, sp = W(mc, 0x100);
  word top = step == 9 ? (word)alt + 65536 : sp;
  say("placed", ((top - 16) & -16UL) - 0x1250 == f);
  say("uc_flags", W(uc, 0)); say("uc_link", W(uc, 8)); say("stack flags", U(uc, 0x18)); say("stack size", W(uc, 0x20)); say("mask", W(uc, 0x28));
  if (step < 5) { for (int i = 0; i < 31; i++) if (i == 1 || i == 2 || i == 3 || i == 7 || i == 8 || i == 15 || i == 16 || i == 19 || i >= 28) say("x", W(mc, 8 + 8 * i)); say("x0", W(mc, 8) - (word)page); say("sp", sp - touch_sp); say("pstate", W(mc, 0x110)); say("record fp", W(record, 0)); say("record lr", W(record, 8)); }
  word r = mc + 0x120;
  say("fpsimd", U(r, 0)); say("fpsimd size", U(r, 4)); if (step < 5) { say("fpcr", U(r, 12)); say("d8", W(r, 16 + 16 * 8)); say("v31", W(r, 16 + 16 * 31)); }
  if (want_info) { say("si_signo", U(info, 0)); say("si_errno", U(info, 4)); say("si_code", U(info, 8)); if (step < 5) say("si_addr", W(info, 16) - (word)page); if (step == 6) say("si_pid", U(info, 16) == getpid()); }
  if (step == 1 || step == 2) mprotect(page, 4096, 3);
  if (step == 3 || step == 4) mmap(page, 4096, 3, 0x32, -1, 0);
  if (step == 2) W(mc, 8 + 8 * 19) = 0x5678;
}
int main() {
  set_action(11, handler, 4); set_action(10, handler, 4);
  page = mmap(0, 4096 * 4, 3, 0x22, -1, 0); *(volatile u8 *)page = 0;
  step = 1; mprotect(page, 4096, 1); touch_write(page + 5);
  step = 2; mprotect(page, 4096, 0); say("after x19", touch_read(page + 7));
  step = 3; munmap(page, 4096); touch_read(page);
  step = 4; munmap(page, 4096); touch_write(page + 9);
  step = 6; raise(10);
  alt = mmap(0, 65536, 3, 0x22, -1, 0);
  word stack[3] = {(word)alt, 0, 65536}; sigaltstack((void *)stack, 0);
  set_action(10, handler, 4 | 0x8000000);
  step = 9; raise(10);
  set_action(10, handler, 0); want_info = 0;
  step = 10; raise(10);
  return 0;
}
`;
