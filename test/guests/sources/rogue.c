/* The orders of a rogue program on Linux, FreeBSD and macOS: system calls by instruction, frames, contexts, threads, handlers. */
#if MPSEMU_LINUX
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include "rogue-mps.h"

#ifndef MAP_ANON
#define MAP_ANON MAP_ANONYMOUS
#endif

#if MPSEMU_LINUX
#include <ucontext.h>
static long raw6(long n, long a, long b, long c, long d, long e, long f) {
#if defined __x86_64__
  register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
  asm volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return n;
#elif defined __i386__
  long block[7] = {n, a, b, c, d, e, f};
  asm volatile("push %%ebp\n push %%ebx\n mov 4(%1), %%ebx\n mov 8(%1), %%ecx\n mov 12(%1), %%edx\n mov 24(%1), %%ebp\n"
               "mov 20(%1), %%edi\n mov (%1), %%eax\n mov 16(%1), %%esi\n int $0x80\n pop %%ebx\n pop %%ebp"
               : "=a"(n), "+S"(*(long **)&(long *){block}) : : "ecx", "edx", "edi", "memory");
  return n;
#else
  register long x8 asm("x8") = n, x0 asm("x0") = a, x1 asm("x1") = b, x2 asm("x2") = c, x3 asm("x3") = d, x4 asm("x4") = e, x5 asm("x5") = f;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#endif
}

/* The old stack is not needed any more. */
static void sigreturn_at(void *frame) {
#if defined __x86_64__
  asm volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall\n ud2" : : "r"(frame));
#elif defined __i386__
  asm volatile("mov %0, %%esp\n mov $173, %%eax\n int $0x80\n ud2" : : "r"(frame));
#else
  asm volatile("mov sp, %0\n mov x8, #139\n svc #0\n brk #0" : : "r"(frame));
#endif
}

static void set_context(Reader *reader) {
  ucontext_t context;
  volatile int again = 0;
  getcontext(&context);
  if (again++ > 0) return;
  damage(reader, &context, sizeof context);
  setcontext(&context);
}
#else
#include "../../platforms/bsd/guests/raw-call.h"
#if MPSEMU_MACOS
#define SIGRETURN 184
#else
#define SIGRETURN 417
#endif
static void sigreturn_at(void *frame) { keep(raw6(UNIX_CLASS + SIGRETURN, (long)frame, 0x1e, 0, 0, 0, 0)); }
static void set_context(Reader *reader) { jump(reader); }
#endif

/* What the handlers do; the script's place is that of the order that installed them. */
static struct { unsigned manners; Reader reader; sigjmp_buf out; int set; } handling;

static void run(Reader *reader);

static void handler(int signal, siginfo_t *info, void *context) {
  Reader reader = handling.reader;
  switch (handling.manners) {
  case 0: *(volatile int *)none = signal; break;
  case 1: raise(signal); break;
  case 2: if (handling.set) siglongjmp(handling.out, 1); break;
  case 3: for (;;) sink = 1;
  case 4: damage(&reader, context, 512); break;
  case 5: damage(&reader, info, sizeof *info); break;
  case 6: recurse(below(&reader, 20000), 256); break;
  case 7: if (reader.depth++ < 3) run(&reader); break;
  default: break;
  }
}

static void *thread(void *argument) {
  Reader reader = {(size_t)argument, 2};
  run(&reader);
  return argument;
}

static void threads(Reader *reader) {
  unsigned count = below(reader, 40), i;
  pthread_t made;
  pthread_attr_t attributes, *chosen = NULL;
  if (below(reader, 3) == 0) {
    pthread_attr_init(&attributes);
    keep(pthread_attr_setstacksize(&attributes, word(reader)));
    chosen = &attributes;
  }
  for (i = 0; i < count; ++i) {
    if (pthread_create(&made, chosen, thread, (void *)(reader->at + 4 * i)) != 0) return;
    if (below(reader, 4) == 0) pthread_kill(made, below(reader, 40));
    if (below(reader, 4) == 0) pthread_join(made, NULL);
  }
}

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGUSR1, SIGUSR2};

static void install(Reader *reader) {
  struct sigaction action;
  stack_t stack;
  unsigned i, which = below(reader, 16);
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | (int)(next(reader) & (SA_ONSTACK | SA_NODEFER | SA_RESETHAND | SA_RESTART));
  if (below(reader, 8) == 0) action.sa_sigaction = (void (*)(int, siginfo_t *, void *))word(reader);
  if (below(reader, 4) == 0) damage(reader, &action.sa_mask, sizeof action.sa_mask);
  handling.manners = below(reader, 9);
  handling.reader = *reader;
  for (i = 0; i < COUNT(signals); ++i) if (which >= COUNT(signals) || i == which) sigaction(signals[i], &action, NULL);
  if (below(reader, 3) == 0) {
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = below(reader, 2) ? (char *)scratch : (char *)word(reader);
    stack.ss_size = below(reader, 2) ? sizeof scratch : word(reader);
    stack.ss_flags = below(reader, 4) ? 0 : (int)next(reader);
    keep((Word)sigaltstack(&stack, NULL));
  }
}

static void order(Reader *reader) {
  Word a[7];
  unsigned i;
  switch (below(reader, 12)) {
  case 0:
    a[0] = (Word)next(reader);
    for (i = 1; i < 7; ++i) a[i] = word(reader);
    keep((Word)raw6((long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5], (long)a[6]));
    break;
  case 1: damage(reader, scratch, sizeof scratch / 4); break;
  case 2:
    for (i = 0; i < 512; ++i) scratch[i] = results[i % 16] ^ (i * 0x9e3779b9u);
    damage(reader, scratch, 2048);
    sigreturn_at(below(reader, 2) ? (void *)scratch : (void *)word(reader));
    break;
  case 3: install(reader); break;
  case 4: raise((int)below(reader, 70)); break;
  case 5: jump(reader); break;
  case 6: set_context(reader); break;
  case 7: if (reader->depth < 2) threads(reader); break;
  case 8: run_code(reader); break;
  case 9: keep(recurse(below(reader, 100000), below(reader, 5000))); break;
  case 10: touch(reader); break;
  default: mps_order(reader); break;
  }
}

static void run(Reader *reader) {
  while (reader->at < length) {
    if (reader->depth == 0 && sigsetjmp(handling.out, 1) != 0) handling.set = 0;
    else handling.set = reader->depth == 0;
    order(reader);
  }
}

static char *pages(size_t count, int protection) {
  return mmap(NULL, count * PAGE, protection, MAP_PRIVATE | MAP_ANON, -1, 0);
}

int main(void) {
  Reader reader = {0, 0};
  struct sigaction action;
  unsigned i;
  none = pages(1, PROT_NONE);
  readable = pages(1, PROT_READ);
  executable = pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
  edge = pages(2, PROT_READ | PROT_WRITE) + PAGE;
  munmap(edge, PAGE);
  gone = edge + PAGE;
  freed = malloc(100);
  free(freed);
  functions[0] = (Word)main, functions[1] = (Word)handler, functions[2] = (Word)thread, functions[3] = (Word)puts;
  functions[4] = (Word)abort, functions[5] = (Word)mps_arena_collect, functions[6] = (Word)longjmp, functions[7] = (Word)exit;
  handling.manners = 2;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  for (i = 0; i < 5; ++i) sigaction(signals[i], &action, NULL);
  begin_mps();
  read_script();
  run(&reader);
  return 0;
}
