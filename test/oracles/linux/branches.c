//! platforms: lii6gc
/* Branches to addresses that are not canonical fault themselves and change nothing; to the kernel's and to data they are
   taken first. Privileged and invalid instructions beside them; single steps where the next instruction is a special one. */
#include "observe.h"
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

typedef unsigned long word;
static volatile word resume, stack, at;
static int steps;
static char *data;

static void handler(int signal, siginfo_t *info, void *context) {
  greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
  if (signal == SIGTRAP) {
    steps++;
    observe_number(r[REG_RIP] - at);
    if (steps < 16 && (word)r[REG_RIP] - at < 64) return;
  } else {
    observe_number(signal), observe_number(info->si_code), observe_number(r[REG_TRAPNO]), observe_number(r[REG_ERR]);
    observe_number((word)r[REG_RIP] - at < 64 ? (int)(r[REG_RIP] - at) : -1), observe_number((long)(stack - r[REG_RSP]));
    observe_number(info->si_addr == (void *)at ? 1 : info->si_addr ? 2 : 0);
  }
  r[REG_RIP] = resume, r[REG_RSP] = stack;
  r[REG_EFL] &= ~0x10500;
}

#define TRY(name, value, before, instruction) do { \
  word value_ = (word)(value); \
  steps = 0; \
  observe_text(name); \
  __asm__ volatile("lea 99f(%%rip),%%rax; mov %%rax,%1; lea 88f(%%rip),%%rax; mov %%rax,%2; mov %3,%%rcx; mov %%rsp,%0\n" \
    before "\n88: " instruction "\n99: mov %0,%%rsp" \
    : "=m"(stack), "=m"(resume), "=m"(at) : "r"(value_) : "rax", "rcx", "rdx", "memory", "cc"); \
  observe_end(); \
} while (0)
#define STEP(name, instructions) \
  TRY(name, 0, "xor %%eax,%%eax; pushfq; orq $0x100,(%%rsp); popfq", instructions "; nop; pushfq; andq $~0x100,(%%rsp); popfq; nop")
#define BELOW 0x8000000000000000
#define FIRST 0x800000000000
#define KERNEL 0xffffffff81000000

int main(void) {
  static char other[32768];
  stack_t alternate = {.ss_sp = other, .ss_size = sizeof other};
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaltstack(&alternate, 0);
  static const int all[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
  for (int i = 0; i < 4; i++) sigaction(all[i], &action, 0);
  data = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *data = 0x90;

  TRY("jump", FIRST, "", "jmp *%%rcx");
  TRY("jump.lower-half-of-the-hole", BELOW, "", "jmp *%%rcx");
  TRY("jump.through-memory", FIRST, "push %%rcx", "jmp *(%%rsp)");
  TRY("jump.behind-others", FIRST, "inc %%eax; inc %%edx; jmp 1f; 1: nop", "jmp *%%rcx");
  TRY("call", FIRST, "", "call *%%rcx");
  TRY("call.through-memory", FIRST, "push %%rcx", "call *(%%rsp)");
  TRY("return", FIRST, "push %%rcx", "ret");
  TRY("return.and-drop", FIRST, "sub $64,%%rsp; push %%rcx", "ret $24");
  TRY("jump.kernel", KERNEL, "", "jmp *%%rcx");
  TRY("call.kernel", KERNEL, "", "call *%%rcx");
  TRY("return.kernel", KERNEL, "push %%rcx", "ret");
  TRY("jump.data", data, "", "jmp *%%rcx");
  TRY("call.data", data, "", "call *%%rcx");
  TRY("return.data", data, "push %%rcx", "ret");
  TRY("rdpmc", 0, "", "rdpmc");
  TRY("rdmsr", 0, "", "rdmsr");
  TRY("pop.with-a-digit", 0, "", ".byte 0x8f,0xc8");
  TRY("ud0", 0, "", ".byte 0x0f,0xff,0xc0");
  TRY("ud1", 0, "", ".byte 0x0f,0xb9,0xc0");
  TRY("too-long", 0, "", ".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90");
  STEP("step.pause", "pause");
  STEP("step.pauses", "pause; pause");
  STEP("step.push-flags", "pushfq; pop %%rax");
  STEP("step.stack-segment", "mov %%ss,%%eax; mov %%eax,%%ss; nop");
  STEP("step.repeated", "mov $2,%%ecx; lea -256(%%rsp),%%rdi; rep stosb");
  STEP("step.not-repeated", "xor %%ecx,%%ecx; rep stosb");
  STEP("step.call", "call 1f; jmp 2f; 1: ret; 2:");
  STEP("step.x87-function", "fld1; fsin; fstp %%st(0)");
  STEP("step.x87-stack-fault", "fninit; fadd %%st(1),%%st; fninit");
  STEP("step.system-call", "mov $39,%%eax; syscall");
  return 0;
}
