//! platforms: lii6gc lii3gc
//! flags: -msse4.2
/* #AC: with the AC flag set each access must be aligned to its size; which sizes count for which instructions, what the
   handler sees, and what has not happened. */
#include "observe.h"
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

typedef unsigned long word;
#ifdef __x86_64__
#define AX "%%rax"
#define CX "%%rcx"
#define DX "%%rdx"
#define SI "%%rsi"
#define DI "%%rdi"
#define SP "%%rsp"
#define SET "pushfq; orq $0x40000,(%%rsp); popfq"
#define CLEAR "pushfq; andq $~0x40000,(%%rsp); popfq"
#define PUT(label, place) "lea " label "(%%rip),%%rax; mov %%rax," place
#define PC REG_RIP
#define STACK REG_RSP
__asm__(".text\nentry: pushfq; andq $~0x40000,(%rsp); popfq; jmp handler\n");
#else
#define AX "%%eax"
#define CX "%%ecx"
#define DX "%%edx"
#define SI "%%esi"
#define DI "%%edi"
#define SP "%%esp"
#define SET "pushfl; orl $0x40000,(%%esp); popfl"
#define CLEAR "pushfl; andl $~0x40000,(%%esp); popfl"
#define PUT(label, place) "call 66f; 66: pop %%eax; add $" label "-66b,%%eax; mov %%eax," place
#define PC REG_EIP
#define STACK REG_ESP
__asm__(".text\nentry: pushfl; andl $~0x40000,(%esp); popfl; jmp handler\n");
#endif
extern void entry(int, siginfo_t *, void *);

static char area[512] __attribute__((aligned(64)));
static volatile word resume, stack, at;
static volatile int count, number, trap, error, code, has_address, flags, far_from;

__attribute__((used)) void handler(int signal, siginfo_t *info, void *context) {
  greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
  count++;
  number = signal, code = info->si_code, has_address = info->si_addr != 0;
  trap = r[REG_TRAPNO], error = r[REG_ERR], flags = r[REG_EFL] & 0x50000;
  far_from = r[PC] - at;
  r[PC] = resume, r[STACK] = stack;
  r[REG_EFL] &= ~0x50400;
}

/* One bit for each offset that is refused; then what the last handler saw. */
#define TRY(name, instructions) do { \
  unsigned refused = 0; \
  number = trap = error = code = has_address = flags = far_from = 0; \
  for (unsigned offset = 0; offset < 16; offset++) { \
    word address = (word)area + 128 + offset; \
    count = 0; \
    __asm__ volatile("mov " SP ",%0; " PUT("99f", "%1") "; " PUT("88f", "%2") "; mov %3," CX "; mov " CX "," DI "; mov " CX "," SI \
      "; fninit; xor %%eax,%%eax; xor %%edx,%%edx\n" SET "\n88: " instructions "\n99: " CLEAR "\ncld; fninit" \
      : "=m"(stack), "=m"(resume), "=m"(at) : "m"(address) : "eax", "ecx", "edx", "esi", "edi", "memory", "cc"); \
    refused |= (count != 0) << offset; \
  } \
  observe_text(name); \
  observe_number(refused), observe_number(number), observe_number(code), observe_number(has_address), observe_number(trap); \
  observe_number(error), observe_number(flags), observe_number(far_from); \
  observe_end(); \
} while (0)
#define ON_STACK(instructions) "mov " CX "," SP "; " instructions "; mov %0," SP

int main(void) {
  static char other[32768];
  stack_t alternate = {.ss_sp = other, .ss_size = sizeof other};
  struct sigaction action = {.sa_sigaction = entry, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaltstack(&alternate, 0);
  sigaction(SIGBUS, &action, 0);
  sigaction(SIGSEGV, &action, 0);

  TRY("byte", "movb (" CX "),%%al");
  TRY("word", "movw (" CX "),%%ax");
  TRY("double-word", "movl (" CX "),%%eax");
  TRY("store", "movl %%eax,(" CX ")");
  TRY("read-and-write", "addl $1,(" CX ")");
  TRY("exchange", "xchgl %%eax,(" CX ")");
  TRY("locked", "lock addl $1,(" CX ")");
  TRY("bit", "btl %%eax,(" CX ")");
  TRY("extended", "movzwl (" CX "),%%eax");
  TRY("shift-double", "shldl $1,%%eax,(" CX ")");
  TRY("not-temporal", "movnti %%eax,(" CX ")");
  TRY("conditional-not-taken", "test %%eax,%%eax; cmovnz (" CX "),%%eax");
  TRY("set", "setz (" CX ")");
  TRY("selector", "movw %%ds,(" CX ")");
  TRY("address-only", "lea 1(" CX "),%%eax");
  TRY("prefetch", "prefetcht0 (" CX ")");
  TRY("movsb", "movsb");
  TRY("movsw", "movsw");
  TRY("movsl", "movsl");
  TRY("stosl", "stosl");
  TRY("lodsw", "lodsw");
  TRY("scasl", "scasl");
  TRY("rep-stosl", "mov $3,%%ecx; rep stosl");
  TRY("push", ON_STACK("push " AX));
  TRY("pop", ON_STACK("pop " DX));
  TRY("push-word", ON_STACK("pushw %%ax"));
  TRY("call", ON_STACK("call 77f; 77:"));
  TRY("enter", ON_STACK("push $0; enter $0,$0; leave"));
  TRY("movss", "movss (" CX "),%%xmm0");
  TRY("movsd", "movsd (" CX "),%%xmm0");
  TRY("movhps", "movhps %%xmm0,(" CX ")");
  TRY("movups", "movups (" CX "),%%xmm0");
  TRY("movdqu-store", "movdqu %%xmm0,(" CX ")");
  TRY("lddqu", "lddqu (" CX "),%%xmm0");
  TRY("addss", "addss (" CX "),%%xmm0");
  TRY("ucomisd", "ucomisd (" CX "),%%xmm0");
  TRY("pcmpistri", "pcmpistri $0,(" CX "),%%xmm0; mov %3," CX);
  TRY("maskmovdqu", "maskmovdqu %%xmm0,%%xmm1");
  TRY("stmxcsr", "stmxcsr (" CX ")");
  TRY("flds", "flds (" CX ")");
  TRY("fldl", "fldl (" CX ")");
  TRY("fldt", "fldt (" CX ")");
  TRY("filds", "filds (" CX ")");
  TRY("fildll", "fildll (" CX ")");
  TRY("fbld", "fbld (" CX ")");
  TRY("fnstcw", "fnstcw (" CX ")");
  TRY("fnstenv", "fnstenv (" CX ")");
  TRY("fnsave", "fnsave (" CX ")");
  TRY("cmpxchg8b", "cmpxchg8b (" CX ")");
  TRY("movaps-is-protection", "movaps (" CX "),%%xmm0");

  /* What a refused instruction leaves alone. */
  *(unsigned *)(area + 200) = 7;
  TRY("store-not-done", "movl $9,75(" CX ")");
  OBSERVE("store-not-done.memory", *(unsigned *)(area + 200));
  TRY("string-not-done", "mov $-1,%%eax; inc " DI "; stosl");

  /* Before the page is looked at; behind the flag's end. */
  char *none = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  word bad[] = {(word)none + 2, (word)none + 4};
  for (int i = 0; i < 2; i++) {
    count = 0;
    word address = bad[i];
    __asm__ volatile("mov " SP ",%0; " PUT("99f", "%1") "; " PUT("88f", "%2") "; mov %3," CX "\n" SET "\n88: movl (" CX "),%%eax\n99: " CLEAR
                     : "=m"(stack), "=m"(resume), "=m"(at) : "m"(address) : "eax", "ecx", "memory", "cc");
    OBSERVE3(i ? "no-page.aligned" : "no-page.misaligned", number, code, trap);
  }
  count = 0;
  __asm__ volatile(SET "\n" CLEAR "\nmov 1(%0),%%eax" ::"r"(area) : "eax", "memory", "cc");
  OBSERVE("flag-clear", count);
  return 0;
}
