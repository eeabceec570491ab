/*
 * What a handler sees of each trap and fault that user code can cause on the x86 CPUs: signal, si_code, si_addr, trap
 * number, error code, CR2, and the flags TF and RF. Printed without addresses, so that a native run prints the same.
 */
#include <ucontext.h>
#ifdef __x86_64__
#define SP "rsp"
#define AX "rax"
#define CX "rcx"
#define PUSHF "pushfq"
#define POPF "popfq"
#define PUSH_ADDRESS(label) "lea " label "(%%rip), %%rax\n"
#define REG(name) REG_R##name
#define RELOAD ""
#else
#define SP "esp"
#define AX "eax"
#define CX "ecx"
#define PUSHF "pushfl"
#define POPF "popfl"
#define PUSH_ADDRESS(label) "call 77f\n77: pop %%eax\nadd $" label "-77b, %%eax\n"
#define REG(name) REG_E##name
/* With a null selector in ds no memory can be touched. */
#define RELOAD "mov %%ss,%%eax; mov %%eax,%%ds; mov %%eax,%%es"
#endif

static volatile word resume, stack, at;
static word page, none, readable, writable;
static int lines;
static u8 area[4096] __attribute__((aligned(4096)));

static void field(const char *name, u64 value) {
  out(" ");
  out(name);
  out("=");
  hex(value);
}
static void place(const char *name, word address) {
  out(" ");
  out(name);
  out("=");
  if (address >= at && address < at + 32) out("pc+"), hex(address - at);
  else if (address >= none && address < none + 4096) out("none+"), hex(address - none);
  else if (address >= readable && address < readable + 4096) out("readable+"), hex(address - readable);
  else if (address >= writable && address < writable + 4096) out("writable+"), hex(address - writable);
  else if (address >= (word)area && address < (word)area + 4096) out("area+"), hex(address - (word)area);
  else hex(address);
}

static void handler(int signal, siginfo_t *info, void *context) {
  greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
#ifdef __x86_64__
  word fault = r[REG_CR2];
#else
  word fault = ((ucontext_t *)context)->uc_mcontext.cr2;
#endif
  field("signal", signal);
  field("code", (u32)info->si_code);
  place("address", (word)info->si_addr);
  field("trap", r[REG_TRAPNO]);
  field("error", r[REG_ERR]);
  if (r[REG_TRAPNO] == 14) place("cr2", fault);
  place("pc", r[REG(IP)]);
  field("tf", r[REG_EFL] >> 8 & 1);
  field("rf", r[REG_EFL] >> 16 & 1);
  r[REG(IP)] = resume;
  r[REG(SP)] = stack;
  r[REG_EFL] &= ~0x40500;
}

/* `setup` may use ax and cx; `insn` is the one that traps. */
#define TRY(name, setup, insn, input) do { \
  out(name); \
  lines++; \
  word in = (word)(input), a, b, c; \
  __asm__ volatile(PUSH_ADDRESS("88f") "mov %%" AX ", %1\n" PUSH_ADDRESS("99f") "mov %%" AX ", %0\nmov %%" SP ", %2\nmov %6, %%" CX "\n" \
    "jmp 66f\n66:\n" setup "\n88: " insn "\n" "nop\n99: mov %2, %%" SP "\n" \
    : "=m"(resume), "=m"(at), "=m"(stack), "=&a"(a), "=&c"(c), "=&d"(b) : "m"(in) : "cc", "memory"); \
  out("\n"); \
} while (0)
#define BYTES(name, bytes) TRY(name, "", ".byte " bytes, 0)
#define MEMORY(name, insn, address) TRY(name, "", insn, address)

static void traps(void) {
  BYTES("ud2", "0x0f,0x0b");
  TRY("div", "xor %%edx,%%edx; xor %%eax,%%eax; xor %%ecx,%%ecx", "div %%ecx", 0);
  BYTES("int3", "0xcc");
  BYTES("int 0", "0xcd,0");
  BYTES("int 1", "0xcd,1");
  BYTES("int 2", "0xcd,2");
  BYTES("int 3", "0xcd,3");
  BYTES("int 4", "0xcd,4");
  BYTES("int 5", "0xcd,5");
  BYTES("int 6", "0xcd,6");
  BYTES("int 8", "0xcd,8");
  BYTES("int 10", "0xcd,10");
  BYTES("int 11", "0xcd,11");
  BYTES("int 12", "0xcd,12");
  BYTES("int 13", "0xcd,13");
  BYTES("int 14", "0xcd,14");
  BYTES("int 16", "0xcd,16");
  BYTES("int 17", "0xcd,17");
  BYTES("int 19", "0xcd,19");
  BYTES("int 20", "0xcd,0x20");
  BYTES("int 29", "0xcd,0x29");
  BYTES("int 2d", "0xcd,0x2d");
  BYTES("int 7f", "0xcd,0x7f");
  BYTES("int 81", "0xcd,0x81");
  BYTES("int ff", "0xcd,0xff");
  TRY("int ff after a prefix", "", ".byte 0x66,0xcd,0xff", 0);
  BYTES("hlt", "0xf4");
  BYTES("cli", "0xfa");
  BYTES("sti", "0xfb");
  BYTES("in", "0xec");
  BYTES("out", "0xee");
  BYTES("in immediate", "0xe4,0x10");
  BYTES("rdmsr", "0x0f,0x32");
  BYTES("mov from cr0", "0x0f,0x20,0xc0");
  BYTES("clts", "0x0f,0x06");
  BYTES("invd", "0x0f,0x08");
  MEMORY("lgdt", "lgdt (%%" CX ")", area);
#ifdef __i386__
  BYTES("bound", "0x62,0x05,0,0,0,0");
  TRY("bound fails", "mov $9,%%eax", "bound %%eax,(%%ecx)", area);
  TRY("into", "mov $0x7fffffff,%%eax; inc %%eax", "into", 0);
#endif
  TRY("single step", PUSHF "; orl $0x100,(%%" SP ");" POPF, "nop; nop", 0);
  TRY("single step of a fault", "xor %%eax,%%eax; " PUSHF "; orl $0x100,(%%" SP ");" POPF, "mov (%%" AX "),%%eax", 0);
  TRY("single step of ud2", PUSHF "; orl $0x100,(%%" SP ");" POPF, "ud2", 0);
  TRY("single step of int3", PUSHF "; orl $0x100,(%%" SP ");" POPF, "int3", 0);
  TRY("step over popf that clears", PUSHF "; mov (%%" SP "),%%" AX "; push %%" AX "; orl $0x100,(%%" SP ");" POPF, POPF "; nop", 0);
  TRY("single step of a system call", "mov $-1,%%eax; " PUSHF "; orl $0x100,(%%" SP ");" POPF, "int $0x80; nop", 0);
#ifdef __x86_64__
  TRY("single step of syscall", "push %%r11; mov $-1,%%eax; " PUSHF "; orl $0x100,(%%" SP ");" POPF, "syscall; nop; pop %%r11", 0);
#endif
}

static void pages(void) {
  MEMORY("read nothing", "mov (%%" CX "),%%eax", none + 8);
  MEMORY("write nothing", "mov %%eax,(%%" CX ")", none + 8);
  MEMORY("change nothing", "addl $1,(%%" CX ")", none + 8);
  MEMORY("write what is read-only", "mov %%eax,(%%" CX ")", readable + 8);
  MEMORY("change what is read-only", "addl $1,(%%" CX ")", readable + 8);
  MEMORY("run data", "jmp *%%" CX, writable);
  MEMORY("call data", "call *%%" CX, writable);
  MEMORY("run nothing", "jmp *%%" CX, none);
  MEMORY("run read-only data", "jmp *%%" CX, readable);
  MEMORY("read null", "mov (%%" CX "),%%eax", 0);
  MEMORY("write null", "mov %%eax,(%%" CX ")", 16);
  MEMORY("run null", "jmp *%%" CX, 0);
  MEMORY("read across into nothing", "mov (%%" CX "),%%eax", none - 2);
#ifdef __x86_64__
  MEMORY("read the kernel", "mov (%%" CX "),%%eax", 0xffffffff81000000);
  MEMORY("write the kernel", "mov %%eax,(%%" CX ")", 0xffffffff81000000);
  MEMORY("run the kernel", "jmp *%%" CX, 0xffffffff81000000);
  MEMORY("read the direct map's hole", "mov (%%" CX "),%%eax", 0xffff800000000000);
  MEMORY("write at the top", "mov %%eax,(%%" CX ")", -8);
  MEMORY("read the last byte", "movb (%%" CX "),%%al", -1);
  MEMORY("read above user space", "mov (%%" CX "),%%eax", 0x7ffffffff000);
  MEMORY("read vsyscall", "mov (%%" CX "),%%eax", 0xffffffffff600000);
  MEMORY("read non-canonical", "mov (%%" CX "),%%eax", 0x8000000000000000);
  MEMORY("write non-canonical", "mov %%eax,(%%" CX ")", 0x800000000000);
  TRY("pop from a non-canonical stack", "mov %%rcx,%%rsp", "pop %%rax", 0x8000000000000000);
  TRY("read a non-canonical stack", "mov %%rcx,%%rsp", "mov 8(%%rsp),%%rax", 0x8000000000000000);
  TRY("read a non-canonical frame", "push %%rbp; mov %%rcx,%%rbp; ", "mov 8(%%rbp),%%rax; pop %%rbp", 0x8000000000000000);
#else
  MEMORY("read the kernel", "mov (%%" CX "),%%eax", 0xffffe000);
  MEMORY("write the kernel", "mov %%eax,(%%" CX ")", 0xffffe000);
  MEMORY("run the kernel", "jmp *%%" CX, 0xffffe000);
  MEMORY("read the last byte", "movb (%%" CX "),%%al", 0xffffffff);
#endif
}

static struct {
  u32 offset;
  unsigned short selector;
} __attribute__((packed)) far;
static void far_to(word selector) { far.selector = selector; }
static void selectors(void) {
  static const unsigned short bad[] = {3, 8, 0x10, 0x18, 0x28, 4, 7, 0xf, 0x1234, 0x7ff8, 0xfffc};
  for (int i = 0; i < sizeof bad / sizeof *bad; i++) {
    hex(bad[i]);
    out(" ");
    MEMORY("ds", "mov %%ecx,%%ds; " RELOAD, bad[i]);
    out("  ");
    MEMORY("es", "mov %%ecx,%%es; " RELOAD, bad[i]);
    out("  ");
    MEMORY("ss", "mov %%ecx,%%ss", bad[i]);
    far_to(bad[i]);
    out("  ");
    MEMORY("far jump", "ljmp *(%%" CX ")", &far);
    out("  ");
    MEMORY("far call", "lcall *(%%" CX ")", &far);
    out("  ");
#ifdef __x86_64__
    TRY("far return", "push %%rcx; push $0", "lretq", bad[i]);
    TRY("iret cs", "push $0x2b; push %%rsp; push $0x202; push %%rcx; push $0", "iretq", bad[i]);
    TRY("iret ss", "push %%rcx; push %%rsp; push $0x202; push $0x33; push $0", "iretq", bad[i]);
#else
    TRY("far return", "push %%ecx; push $0", "lret", bad[i]);
    out("  ");
    TRY("iret cs", "push $0x2b; push %%esp; push $0x202; push %%ecx; push $0", "iretl", bad[i]);
#endif
  }
  TRY("null ss", "", "mov %%ecx,%%ss", 0);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  static char alternate[65536];
  stack_t other = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&other, 0);
  static const int all[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
  for (int i = 0; i < 5; i++) sigaction(all[i], &action, 0);
  page = (word)mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  readable = page;
  writable = page + 4096;
  none = page + 8192;
  *(char *)writable = *(char *)readable;
  mprotect((void *)readable, 4096, PROT_READ);
  munmap((void *)none, 57344);
  traps();
  pages();
  selectors();
  return 0;
}
