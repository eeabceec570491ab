/* The BSD layer: SIGBUS and SIGSEGV with the frame that sendsig pushes, sigreturn, alternate stacks, a mask that comes back. */
#include <mach/mach.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static char *page;
static size_t page_size;
static volatile int hits;
static char stack[SIGSTKSZ];

struct context { int onstack; unsigned mask; void *sp; size_t size; int flags; void *link; size_t mcsize; char *mcontext; };

static void on_bus(int number, siginfo_t *info, void *context) {
  struct context *c = context;
  sigset_t now;
  char local;
  int nested;
  sigprocmask(SIG_BLOCK, NULL, &now);
  nested = (now & (1u << (SIGBUS - 1))) != 0;
  printf("signal %d code %d offset %d masked %d mcsize %zu saved mask %x on alternate %d\n", number, info->si_code, (int)((char *)info->si_addr - page), nested, c->mcsize, c->mask,
         &local > stack && &local < stack + sizeof stack);
#if defined(__x86_64__)
  /* es 16, then rax ... rip at 16 + 0x80; trapno, err. */
  printf("trap %d err %d same address %d\n", *(unsigned short *)c->mcontext, *(int *)(c->mcontext + 4), *(char **)(c->mcontext + 8) == info->si_addr);
#else
  printf("esr %x same address %d\n", *(unsigned *)(c->mcontext + 8), *(char **)c->mcontext == info->si_addr);
#endif
  ++hits;
  mprotect(page, page_size, PROT_READ | PROT_WRITE);
}

static void on_segv(int number, siginfo_t *info, void *context) {
  printf("signal %d code %d address %p\n", number, info->si_code, info->si_addr);
  exit(3);
}

int main(void) {
  struct sigaction action;
  stack_t alternate;
  sigset_t mask;
  double kept = 1.5;
  memset(&action, 0, sizeof action);
  page_size = (size_t)sysconf(_SC_PAGESIZE);
  page = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE, -1, 0);
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  alternate.ss_flags = 0;
  if (sigaltstack(&alternate, NULL) != 0) return 1;
  action.sa_sigaction = on_bus;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  if (sigaction(SIGBUS, &action, NULL) != 0) return 1;
  action.sa_sigaction = on_segv;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSEGV, &action, NULL) != 0) return 1;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  mprotect(page, page_size, PROT_NONE);
  __asm__ volatile("" : "+m"(kept));
  kept *= 2;
  page[9] = 4;
  printf("page[9] %d hits %d kept %d\n", page[9], hits, (int)(kept * 10));
  sigprocmask(SIG_BLOCK, NULL, &mask);
  printf("mask %x\n", mask);
  printf("rwx %d\n", mmap(NULL, page_size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_ANON | MAP_PRIVATE, -1, 0) != MAP_FAILED);
  fflush(stdout);
  *(volatile int *)0x40 = 1;
  return 0;
}
