/* Who says that a handler's stack is left: on macOS a flag of the kernel's that frames, sigreturn and longjmp change (sendsig and
   sigreturn of bsd/dev/{i386,arm}/unix_signal.c, sigaltstack of bsd/kern/kern_sig.c, src/setjmp of libplatform); on FreeBSD SP
   alone (sigonstack and kern_sigaltstack of sys/kern/kern_sig.c; setjmp.S of lib/libc knows nothing of stacks). */
#include "observe.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/ucontext.h>

static char area[32768], other[32768];
static sigjmp_buf out;
static jmp_buf plain;
static volatile int how;

static int flags(void) {
  stack_t now;
  sigaltstack(0, &now);
  return now.ss_flags;
}

static int set(void *sp, int flags) {
  stack_t next;
  memset(&next, 0, sizeof next);
  next.ss_sp = sp;
  next.ss_size = sizeof area;
  next.ss_flags = flags;
  return sigaltstack(&next, 0);
}

static void handler(int signal, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  char local;
  jmp_buf here;
#if MPSEMU_MACOS
  int before = uc->uc_onstack;
#else
  int before = uc->uc_mcontext.mc_onstack;
#endif
  OBSERVE3("handler", &local > area && &local < area + sizeof area, before, uc->uc_stack.ss_flags);
  OBSERVE("handler.flags", flags());
  if (how == 0) {
    OBSERVE_CALL("handler.disable", set(0, SS_DISABLE));
    OBSERVE_CALL("handler.other", set(other, 0));
    OBSERVE_CALL("handler.onstack", set(other, SS_ONSTACK));
    how = 1;
    raise(signal);
    how = 0;
  } else if (how == 2) siglongjmp(out, 1);
  else if (how == 3) _longjmp(plain, 1);
  else if (how == 4) longjmp(plain, 1);
  else if (how == 5) {
    /* To itself: the stack stays in use. */
    if (sigsetjmp(out, 1) == 0) siglongjmp(out, 1);
    OBSERVE("handler.self", flags());
  }
}

int main(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGUSR1, &action, 0);
  OBSERVE("none", flags());
  OBSERVE_CALL("set", set(area, 0));
  OBSERVE("set.flags", flags());
  raise(SIGUSR1);
  OBSERVE("returned", flags());
  how = 2;
  if (sigsetjmp(out, 1) == 0) raise(SIGUSR1);
  OBSERVE("siglongjmp.saved", flags());
  how = 4;
  if (setjmp(plain) == 0) raise(SIGUSR1);
  OBSERVE("longjmp", flags());
  how = 5;
  raise(SIGUSR1);
  OBSERVE("self", flags());
  how = 3;
  if (setjmp(plain) == 0) raise(SIGUSR1);
  OBSERVE("_longjmp", flags());
  /* With the flag left on, the next handler stays where it is, and so does the flag. */
  how = -1;
  raise(SIGUSR1);
  OBSERVE("_longjmp.again", flags());
  OBSERVE_CALL("_longjmp.set", set(area, 0));
  OBSERVE_CALL("_longjmp.disable", set(0, SS_DISABLE));
  OBSERVE_CALL("_longjmp.flags", set(0, SS_ONSTACK));
  how = 6;
  OBSERVE_CALL("anew", set(area, 0));
  raise(SIGUSR1);
  if (sigsetjmp(out, 0) == 0) {
    how = 2;
    raise(SIGUSR1);
  }
  OBSERVE("siglongjmp.unsaved", flags());
  return 0;
}
