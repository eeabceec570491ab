/* si_code and si_addr of faults, and of the same signals sent by kill; sendsig of each CPU (XNU: unix_signal.c), trap.c and kern_sig.c (FreeBSD). */
#include "observe.h"
#include <signal.h>
#include <setjmp.h>
#include <sys/mman.h>

static sigjmp_buf out;
static volatile int number, code;
static volatile long address;
static char *volatile page;

static void handler(int signal, siginfo_t *info, void *context) {
  number = signal, code = info->si_code, address = (long)info->si_addr;
  siglongjmp(out, 1);
}

static void install(int signal) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(signal, &action, 0);
}

#define TRY(name, what) \
  do { \
    number = code = address = 0; \
    if (!sigsetjmp(out, 1)) { what; } \
    OBSERVE2(name, number, code); \
  } while (0)

int main(void) {
  int signals[] = {SIGILL, SIGFPE, SIGBUS, SIGSEGV, SIGTRAP, SIGUSR1}, i;
  for (i = 0; i < 6; i++) install(signals[i]);
  /* Before the first exception. */
  TRY("sent-segv", kill(getpid(), SIGSEGV));
  TRY("sent-ill", kill(getpid(), SIGILL));
  TRY("sent-fpe", kill(getpid(), SIGFPE));
  TRY("sent-bus", kill(getpid(), SIGBUS));
  TRY("sent-trap", kill(getpid(), SIGTRAP));
  TRY("sent-usr1", kill(getpid(), SIGUSR1));
  page = mmap(0, getpagesize(), PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  TRY("protected", *page = 1);
  OBSERVE("protected-address", address == (long)page);
  munmap(page, getpagesize());
  TRY("nothing-there", *page = 1);
  OBSERVE("nothing-there-address", address == (long)page);
  /* si_code follows the last exception's code on macOS. */
  TRY("sent-segv-after", kill(getpid(), SIGSEGV));
#if defined(__x86_64__) || defined(__i386__)
  TRY("ud2", __asm__ volatile("ud2"));
  TRY("sent-ill-after", kill(getpid(), SIGILL));
  TRY("int3", __asm__ volatile("int3"));
  TRY("hlt", __asm__ volatile("hlt"));
  TRY("divide", __asm__ volatile("xorl %%ecx,%%ecx; movl $1,%%eax; cltd; idivl %%ecx" ::: "eax", "ecx", "edx", "cc"));
#ifdef __x86_64__
  TRY("non-canonical", *(volatile char *)0x8000000000000000 = 1);
  OBSERVE("non-canonical-address", address == 0);
#endif
#else
  TRY("udf", __asm__ volatile(".inst 0"));
  TRY("brk", __asm__ volatile("brk #0"));
#endif
  return 0;
}
