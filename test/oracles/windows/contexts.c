//! platforms: w3i6mv w3i3mv=w3i6mv
/* GetThreadContext and SetThreadContext: what each group of ContextFlags reads, writes and leaves alone, of threads in every state. */
#include "last-error.h"
#include <stddef.h>

#ifdef _WIN64
#define CPU CONTEXT_AMD64
#define PC Rip
#define SP Rsp
#define KEPT Rbx
#define RESULT Rax
#define MXCSR(c) ((c).MxCsr)
static const struct { unsigned from, to; } areas[] = {
  {0, 0x30}, {offsetof(CONTEXT, Rsp), offsetof(CONTEXT, Rbp)}, {offsetof(CONTEXT, Rax), offsetof(CONTEXT, Rsp)}, {offsetof(CONTEXT, SegDs), offsetof(CONTEXT, SegSs)},
  {offsetof(CONTEXT, u), offsetof(CONTEXT, u) + 416}, {offsetof(CONTEXT, Dr0), offsetof(CONTEXT, Rax)}, {offsetof(CONTEXT, VectorRegister), sizeof(CONTEXT)},
};
#else
#define CPU CONTEXT_i386
#define PC Eip
#define SP Esp
#define KEPT Ebx
#define RESULT Eax
#define MXCSR(c) (*(DWORD *)((c).ExtendedRegisters + 24))
static const struct { unsigned from, to; } areas[] = {
  {0, 0}, {offsetof(CONTEXT, Ebp), offsetof(CONTEXT, ExtendedRegisters)}, {offsetof(CONTEXT, Edi), offsetof(CONTEXT, Ebp)}, {offsetof(CONTEXT, SegGs), offsetof(CONTEXT, Edi)},
  {offsetof(CONTEXT, FloatSave), offsetof(CONTEXT, SegGs)}, {offsetof(CONTEXT, Dr0), offsetof(CONTEXT, FloatSave)}, {0, 0},
};
#endif
enum { HOME, CONTROL, INTEGER, SEGMENTS, FLOATING, DEBUG, VECTORS };
#define PATTERN 0xA5

static union { CONTEXT context; unsigned char bytes[sizeof(CONTEXT)]; } is;
volatile int stop, ready;
volatile struct { ULONG_PTR kept, sp, pc; DWORD mxcsr; } seen;
static HANDLE event;

/* With known registers, until `stop`; then what they are. */
void spinning(void);
void spun(void);
void elsewhere(void);
#ifdef _WIN64
__asm__(".globl spinning\nspinning:\n"
        "pushq %rbx\npushq %rsi\npushq %rdi\n"
        "movq $0x1111, %rbx\nmovq $0x2222, %rsi\nmovq $0x3333, %rdi\nmovq $0x4444, %rax\nmovq $0x5555, %r11\nmovq $0x6666, %r8\n"
        "movq %rbx, %xmm3\nmovl $1, ready(%rip)\n"
        "1: pause\ncmpl $0, stop(%rip)\nje 1b\n"
        ".globl spun\nspun:\n"
        "movq %rbx, seen(%rip)\nmovq %rsp, seen+8(%rip)\nmovq %r8, seen+16(%rip)\nstmxcsr seen+24(%rip)\n"
        "popq %rdi\npopq %rsi\npopq %rbx\nret\n"
        ".globl elsewhere\nelsewhere:\nmovq $0x7777, %r8\njmp spun\n");
#else
__asm__(".globl _spinning\n_spinning:\n"
        "pushl %ebx\npushl %esi\npushl %edi\n"
        "movl $0x1111, %ebx\nmovl $0x2222, %esi\nmovl $0x3333, %edi\nmovl $0x4444, %eax\nmovl $0x5555, %ecx\nmovl $0x6666, %edx\n"
        "movd %ebx, %xmm3\nmovl $1, _ready\n"
        "1: pause\ncmpl $0, _stop\nje 1b\n"
        ".globl _spun\n_spun:\n"
        "movl %ebx, _seen\nmovl %esp, _seen+4\nmovl %edx, _seen+8\nstmxcsr _seen+12\n"
        "popl %edi\npopl %esi\npopl %ebx\nret\n"
        ".globl _elsewhere\n_elsewhere:\nmovl $0x7777, %edx\njmp _spun\n");
#endif

static DWORD WINAPI spins(void *unused) {
  spinning();
  return 3;
}
static DWORD WINAPI blocks(void *unused) {
  ready = 1;
  return WaitForSingleObject(event, INFINITE) + 40;
}
static DWORD WINAPI returns(void *code) { return (DWORD)(LONG_PTR)code; }

static BOOL get(HANDLE thread, DWORD flags) {
  for (unsigned i = 0; i < sizeof is; i++) is.bytes[i] = PATTERN;
  is.context.ContextFlags = flags;
  return GetThreadContext(thread, &is.context);
}

/* Which areas have other bytes than before: digits of areas, in order. */
static long long touched(void) {
  long long found = 0;
  for (unsigned area = 0; area < sizeof areas / sizeof *areas; area++) {
    int other = 0;
    for (unsigned i = areas[area].from; i < areas[area].to; i++) other |= is.bytes[i] != PATTERN;
    if (other) found = found * 10 + area;
  }
  return found;
}

static const struct { const char *name; DWORD flags; } groups[] = {
  {"none", 0}, {"control", 1}, {"integer", 2}, {"segments", 4}, {"floating", 8}, {"debug", 0x10},
  {"control-integer", 3}, {"full", 0xb}, {"all", 0x1f}, {"segments-debug", 0x14},
};

static void each_group(const char *state, HANDLE thread) {
  char name[64];
  for (unsigned i = 0; i < sizeof groups / sizeof *groups; i++) {
    int n = 0;
    for (const char *p = state; *p;) name[n++] = *p++;
    name[n++] = '.';
    for (const char *p = groups[i].name; *p;) name[n++] = *p++;
    name[n] = 0;
    BOOL got = get(thread, CPU | groups[i].flags);
    OBSERVE3(name, got, touched(), is.context.ContextFlags - CPU);
  }
}

static HANDLE start(LPTHREAD_START_ROUTINE routine) {
  ready = stop = 0;
  HANDLE thread = CreateThread(0, 0, routine, 0, 0, 0);
  while (!ready) Sleep(1);
  Sleep(20);
  return thread;
}

static DWORD end(HANDLE thread) {
  DWORD code = 0;
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  CloseHandle(thread);
  return code;
}

static void reading(void) {
  HANDLE thread = start(spins);
  SuspendThread(thread);
  each_group("suspended", thread);
  get(thread, CONTEXT_ALL);
  OBSERVE3("suspended.values", is.context.KEPT == 0x1111, is.context.RESULT == 0x4444, is.context.PC - (ULONG_PTR)spinning < 128);
  OBSERVE_HEX("suspended.mxcsr", MXCSR(is.context));
#ifdef _WIN64
  OBSERVE3("suspended.vectors", is.context.u.s.Xmm3.Low, is.context.u.s.Xmm3.High, is.context.u.FltSave.MxCsr == is.context.MxCsr);
  OBSERVE3("suspended.more", is.context.Rsi, is.context.R8, is.context.R11);
#else
  OBSERVE3("suspended.vectors", *(DWORD *)(is.context.ExtendedRegisters + 160 + 48), *(DWORD *)(is.context.ExtendedRegisters + 160 + 56), 1);
  OBSERVE3("suspended.more", is.context.Esi, is.context.Edx, is.context.Ecx);
#endif
  OBSERVE_BOOL("flags.without-cpu", get(thread, 3));
  OBSERVE_BOOL("flags.0", get(thread, 0));
  OBSERVE_BOOL("flags.other-cpu", get(thread, CPU == 0x10000 ? 0x100003 : 0x10003));
  ResumeThread(thread);
  each_group("running", thread);
  stop = 1;
  OBSERVE("running.ends", end(thread));
  event = CreateEventA(0, 0, 0, 0);
  thread = start(blocks);
  each_group("blocked", thread);
  OBSERVE("blocked.suspend", SuspendThread(thread));
  each_group("blocked-suspended", thread);
  ResumeThread(thread);
  SetEvent(event);
  OBSERVE("blocked.ends", end(thread));
  each_group("self", GetCurrentThread());
  thread = CreateThread(0, 0, returns, (void *)5, CREATE_SUSPENDED, 0);
  each_group("new", thread);
  ResumeThread(thread);
  WaitForSingleObject(thread, INFINITE);
  SetLastError(0);
  OBSERVE_BOOL("ended.get", get(thread, CONTEXT_FULL));
  OBSERVE("ended.touched", touched());
  OBSERVE_BOOL("ended.set", SetThreadContext(thread, &is.context));
  end(thread);
}

/* Everything in the CONTEXT is another, and `flags` says what of it counts. */
static void set(const char *name, DWORD flags) {
  HANDLE thread = start(spins);
  SuspendThread(thread);
  get(thread, CONTEXT_ALL);
  is.context.KEPT = 0x9999;
  is.context.PC = (ULONG_PTR)elsewhere;
  MXCSR(is.context) = 0x1fa0;
#ifdef _WIN64
  is.context.u.FltSave.MxCsr = 0x1fa0;
#endif
  is.context.ContextFlags = flags;
  BOOL done = SetThreadContext(thread, &is.context);
  DWORD error = done ? 0 : GetLastError();
  stop = 1;
  ResumeThread(thread);
  DWORD code = end(thread);
  observe_text(name);
  observe_number(done), observe_number(error), observe_number(seen.kept == 0x9999), observe_number(seen.pc == 0x7777), observe_number(seen.mxcsr == 0x1fa0);
  observe_number(code);
  observe_end();
}

static volatile DWORD self_flags;
static DWORD WINAPI sets_itself(void *unused) {
  CONTEXT context;
  volatile int times = 0;
  RtlCaptureContext(&context);
  if (times++) return 70 + times;
  context.ContextFlags = self_flags;
  SetThreadContext(GetCurrentThread(), &context);
  return 60 + times;
}

static void writing(void) {
  set("set.none", CPU);
  set("set.control", CONTEXT_CONTROL);
  set("set.integer", CONTEXT_INTEGER);
  set("set.segments", CONTEXT_SEGMENTS);
#ifdef _WIN64
  set("set.floating", CONTEXT_FLOATING_POINT);
#else
  set("set.floating", CONTEXT_EXTENDED_REGISTERS);
#endif
  set("set.all", CONTEXT_CONTROL | CONTEXT_INTEGER | (CPU == 0x10000 ? CPU | 0x20 : CPU | 8));
  set("set.without-cpu", 3);
  /* One that waits: with what it has already, and then with another place to go on. */
  event = CreateEventA(0, FALSE, FALSE, 0);
  HANDLE blocked = start(blocks);
  SuspendThread(blocked);
  get(blocked, CONTEXT_FULL);
  OBSERVE_BOOL("set.blocked-same", SetThreadContext(blocked, &is.context));
  ResumeThread(blocked);
  SetEvent(event);
  OBSERVE("set.blocked-same-result", end(blocked));
  OBSERVE_DWORD("set.blocked-same-took", WaitForSingleObject(event, 0));
  self_flags = CONTEXT_CONTROL | CONTEXT_INTEGER;
  ready = 1;
  HANDLE thread = CreateThread(0, 0, sets_itself, 0, 0, 0);
  OBSERVE("set.itself", end(thread));
  self_flags = CPU;
  thread = CreateThread(0, 0, sets_itself, 0, 0, 0);
  OBSERVE("set.itself-nothing", end(thread));
}

static DWORD WINAPI suspends_itself(void *unused) {
  ready = 1;
  return SuspendThread(GetCurrentThread()) + 10;
}

static void counts(void) {
  HANDLE thread = start(suspends_itself);
  OBSERVE_DWORD("itself.waits", WaitForSingleObject(thread, 20));
  OBSERVE_DWORD("itself.suspend-again", SuspendThread(thread));
  OBSERVE_DWORD("itself.resume", ResumeThread(thread));
  OBSERVE_DWORD("itself.resume-again", ResumeThread(thread));
  OBSERVE("itself.result", end(thread));
  thread = CreateThread(0, 0, returns, (void *)9, CREATE_SUSPENDED, 0);
  OBSERVE_DWORD("new.suspend", SuspendThread(thread));
  OBSERVE_DWORD("new.resume", ResumeThread(thread));
  OBSERVE_DWORD("new.waits", WaitForSingleObject(thread, 20));
  OBSERVE_DWORD("new.resume-again", ResumeThread(thread));
  OBSERVE("new.result", end(thread));
  event = CreateEventA(0, TRUE, FALSE, 0);
  thread = start(blocks);
  SuspendThread(thread);
  SetEvent(event);
  OBSERVE_DWORD("signalled-while-suspended.waits", WaitForSingleObject(thread, 30));
  ResumeThread(thread);
  OBSERVE("signalled-while-suspended.result", end(thread));
  ResetEvent(event);
  thread = start(blocks);
  SuspendThread(thread);
  OBSERVE_BOOL("terminated-while-suspended", TerminateThread(thread, 66));
  OBSERVE("terminated-while-suspended.code", end(thread));
}

int main(void) {
  reading();
  writing();
  counts();
  return 0;
}
