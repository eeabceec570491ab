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
  word untouched = (word)mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  none = untouched;
  MEMORY("write what was never touched", "mov %%eax,(%%" CX ")", untouched);
  mprotect((void *)writable, 4096, PROT_NONE);
  MEMORY("read what nobody may", "mov (%%" CX "),%%eax", writable);
  MEMORY("write what nobody may", "mov %%eax,(%%" CX ")", writable);
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

/* Which operands must be aligned: each form at an aligned address and 8 bytes behind it. */
#define OPERAND(name, insn) TRY(name " aligned", "", insn, area + 512); TRY(name, "", insn, area + 520)
static void operands(void) {
  OPERAND("movaps", "movaps (%%" CX "),%%xmm0");
  OPERAND("movapd", "movapd (%%" CX "),%%xmm0");
  OPERAND("movdqa", "movdqa (%%" CX "),%%xmm0");
  OPERAND("movups", "movups (%%" CX "),%%xmm0");
  OPERAND("movupd", "movupd (%%" CX "),%%xmm0");
  OPERAND("movdqu", "movdqu (%%" CX "),%%xmm0");
  OPERAND("lddqu", "lddqu (%%" CX "),%%xmm0");
  OPERAND("movntdqa", "movntdqa (%%" CX "),%%xmm0");
  OPERAND("addps", "addps (%%" CX "),%%xmm0");
  OPERAND("addpd", "addpd (%%" CX "),%%xmm0");
  OPERAND("addss", "addss (%%" CX "),%%xmm0");
  OPERAND("addsd", "addsd (%%" CX "),%%xmm0");
  OPERAND("subps", "subps (%%" CX "),%%xmm0");
  OPERAND("subpd", "subpd (%%" CX "),%%xmm0");
  OPERAND("mulps", "mulps (%%" CX "),%%xmm0");
  OPERAND("mulpd", "mulpd (%%" CX "),%%xmm0");
  OPERAND("divps", "divps (%%" CX "),%%xmm0");
  OPERAND("divpd", "divpd (%%" CX "),%%xmm0");
  OPERAND("sqrtps", "sqrtps (%%" CX "),%%xmm0");
  OPERAND("sqrtpd", "sqrtpd (%%" CX "),%%xmm0");
  OPERAND("sqrtss", "sqrtss (%%" CX "),%%xmm0");
  OPERAND("sqrtsd", "sqrtsd (%%" CX "),%%xmm0");
  OPERAND("rsqrtps", "rsqrtps (%%" CX "),%%xmm0");
  OPERAND("rcpps", "rcpps (%%" CX "),%%xmm0");
  OPERAND("rsqrtss", "rsqrtss (%%" CX "),%%xmm0");
  OPERAND("minps", "minps (%%" CX "),%%xmm0");
  OPERAND("maxpd", "maxpd (%%" CX "),%%xmm0");
  OPERAND("andps", "andps (%%" CX "),%%xmm0");
  OPERAND("andpd", "andpd (%%" CX "),%%xmm0");
  OPERAND("andnps", "andnps (%%" CX "),%%xmm0");
  OPERAND("andnpd", "andnpd (%%" CX "),%%xmm0");
  OPERAND("orps", "orps (%%" CX "),%%xmm0");
  OPERAND("orpd", "orpd (%%" CX "),%%xmm0");
  OPERAND("xorps", "xorps (%%" CX "),%%xmm0");
  OPERAND("xorpd", "xorpd (%%" CX "),%%xmm0");
  OPERAND("unpcklps", "unpcklps (%%" CX "),%%xmm0");
  OPERAND("unpckhps", "unpckhps (%%" CX "),%%xmm0");
  OPERAND("unpcklpd", "unpcklpd (%%" CX "),%%xmm0");
  OPERAND("unpckhpd", "unpckhpd (%%" CX "),%%xmm0");
  OPERAND("movhps", "movhps (%%" CX "),%%xmm0");
  OPERAND("movlps", "movlps (%%" CX "),%%xmm0");
  OPERAND("movhpd", "movhpd (%%" CX "),%%xmm0");
  OPERAND("movlpd", "movlpd (%%" CX "),%%xmm0");
  OPERAND("movsldup", "movsldup (%%" CX "),%%xmm0");
  OPERAND("movshdup", "movshdup (%%" CX "),%%xmm0");
  OPERAND("movddup", "movddup (%%" CX "),%%xmm0");
  OPERAND("cvtdq2ps", "cvtdq2ps (%%" CX "),%%xmm0");
  OPERAND("cvtps2dq", "cvtps2dq (%%" CX "),%%xmm0");
  OPERAND("cvttps2dq", "cvttps2dq (%%" CX "),%%xmm0");
  OPERAND("cvtdq2pd", "cvtdq2pd (%%" CX "),%%xmm0");
  OPERAND("cvtpd2dq", "cvtpd2dq (%%" CX "),%%xmm0");
  OPERAND("cvttpd2dq", "cvttpd2dq (%%" CX "),%%xmm0");
  OPERAND("cvtps2pd", "cvtps2pd (%%" CX "),%%xmm0");
  OPERAND("cvtpd2ps", "cvtpd2ps (%%" CX "),%%xmm0");
  OPERAND("cvtss2sd", "cvtss2sd (%%" CX "),%%xmm0");
  OPERAND("cvtsd2ss", "cvtsd2ss (%%" CX "),%%xmm0");
  OPERAND("ucomiss", "ucomiss (%%" CX "),%%xmm0");
  OPERAND("ucomisd", "ucomisd (%%" CX "),%%xmm0");
  OPERAND("comiss", "comiss (%%" CX "),%%xmm0");
  OPERAND("comisd", "comisd (%%" CX "),%%xmm0");
  OPERAND("movss", "movss (%%" CX "),%%xmm0");
  OPERAND("movsd", "movsd (%%" CX "),%%xmm0");
  OPERAND("movq", "movq (%%" CX "),%%xmm0");
  OPERAND("haddps", "haddps (%%" CX "),%%xmm0");
  OPERAND("haddpd", "haddpd (%%" CX "),%%xmm0");
  OPERAND("hsubps", "hsubps (%%" CX "),%%xmm0");
  OPERAND("hsubpd", "hsubpd (%%" CX "),%%xmm0");
  OPERAND("addsubps", "addsubps (%%" CX "),%%xmm0");
  OPERAND("addsubpd", "addsubpd (%%" CX "),%%xmm0");
  OPERAND("paddb", "paddb (%%" CX "),%%xmm0");
  OPERAND("paddw", "paddw (%%" CX "),%%xmm0");
  OPERAND("paddd", "paddd (%%" CX "),%%xmm0");
  OPERAND("paddq", "paddq (%%" CX "),%%xmm0");
  OPERAND("psubb", "psubb (%%" CX "),%%xmm0");
  OPERAND("psubd", "psubd (%%" CX "),%%xmm0");
  OPERAND("paddsb", "paddsb (%%" CX "),%%xmm0");
  OPERAND("paddusw", "paddusw (%%" CX "),%%xmm0");
  OPERAND("pand", "pand (%%" CX "),%%xmm0");
  OPERAND("pandn", "pandn (%%" CX "),%%xmm0");
  OPERAND("por", "por (%%" CX "),%%xmm0");
  OPERAND("pxor", "pxor (%%" CX "),%%xmm0");
  OPERAND("pcmpeqb", "pcmpeqb (%%" CX "),%%xmm0");
  OPERAND("pcmpeqd", "pcmpeqd (%%" CX "),%%xmm0");
  OPERAND("pcmpgtb", "pcmpgtb (%%" CX "),%%xmm0");
  OPERAND("pmullw", "pmullw (%%" CX "),%%xmm0");
  OPERAND("pmulhw", "pmulhw (%%" CX "),%%xmm0");
  OPERAND("pmuludq", "pmuludq (%%" CX "),%%xmm0");
  OPERAND("pmaddwd", "pmaddwd (%%" CX "),%%xmm0");
  OPERAND("psadbw", "psadbw (%%" CX "),%%xmm0");
  OPERAND("pavgb", "pavgb (%%" CX "),%%xmm0");
  OPERAND("pminub", "pminub (%%" CX "),%%xmm0");
  OPERAND("pmaxsw", "pmaxsw (%%" CX "),%%xmm0");
  OPERAND("packsswb", "packsswb (%%" CX "),%%xmm0");
  OPERAND("packuswb", "packuswb (%%" CX "),%%xmm0");
  OPERAND("packssdw", "packssdw (%%" CX "),%%xmm0");
  OPERAND("punpcklbw", "punpcklbw (%%" CX "),%%xmm0");
  OPERAND("punpckhbw", "punpckhbw (%%" CX "),%%xmm0");
  OPERAND("punpcklqdq", "punpcklqdq (%%" CX "),%%xmm0");
  OPERAND("punpckhqdq", "punpckhqdq (%%" CX "),%%xmm0");
  OPERAND("psllw", "psllw (%%" CX "),%%xmm0");
  OPERAND("pslld", "pslld (%%" CX "),%%xmm0");
  OPERAND("psllq", "psllq (%%" CX "),%%xmm0");
  OPERAND("psrlw", "psrlw (%%" CX "),%%xmm0");
  OPERAND("psrld", "psrld (%%" CX "),%%xmm0");
  OPERAND("psrlq", "psrlq (%%" CX "),%%xmm0");
  OPERAND("psraw", "psraw (%%" CX "),%%xmm0");
  OPERAND("psrad", "psrad (%%" CX "),%%xmm0");
  OPERAND("pshufb", "pshufb (%%" CX "),%%xmm0");
  OPERAND("phaddw", "phaddw (%%" CX "),%%xmm0");
  OPERAND("phaddd", "phaddd (%%" CX "),%%xmm0");
  OPERAND("pmaddubsw", "pmaddubsw (%%" CX "),%%xmm0");
  OPERAND("pmulhrsw", "pmulhrsw (%%" CX "),%%xmm0");
  OPERAND("psignb", "psignb (%%" CX "),%%xmm0");
  OPERAND("pabsb", "pabsb (%%" CX "),%%xmm0");
  OPERAND("pabsw", "pabsw (%%" CX "),%%xmm0");
  OPERAND("pabsd", "pabsd (%%" CX "),%%xmm0");
  OPERAND("pblendvb", "pblendvb (%%" CX "),%%xmm0");
  OPERAND("blendvps", "blendvps (%%" CX "),%%xmm0");
  OPERAND("blendvpd", "blendvpd (%%" CX "),%%xmm0");
  OPERAND("ptest", "ptest (%%" CX "),%%xmm0");
  OPERAND("pmovsxbw", "pmovsxbw (%%" CX "),%%xmm0");
  OPERAND("pmovsxbd", "pmovsxbd (%%" CX "),%%xmm0");
  OPERAND("pmovzxbw", "pmovzxbw (%%" CX "),%%xmm0");
  OPERAND("pmovzxdq", "pmovzxdq (%%" CX "),%%xmm0");
  OPERAND("pmuldq", "pmuldq (%%" CX "),%%xmm0");
  OPERAND("pcmpeqq", "pcmpeqq (%%" CX "),%%xmm0");
  OPERAND("packusdw", "packusdw (%%" CX "),%%xmm0");
  OPERAND("pcmpgtq", "pcmpgtq (%%" CX "),%%xmm0");
  OPERAND("pminsb", "pminsb (%%" CX "),%%xmm0");
  OPERAND("pmaxud", "pmaxud (%%" CX "),%%xmm0");
  OPERAND("pmulld", "pmulld (%%" CX "),%%xmm0");
  OPERAND("phminposuw", "phminposuw (%%" CX "),%%xmm0");
  OPERAND("aesenc", "aesenc (%%" CX "),%%xmm0");
  OPERAND("aesdec", "aesdec (%%" CX "),%%xmm0");
  OPERAND("aesimc", "aesimc (%%" CX "),%%xmm0");
  OPERAND("pshufd", "pshufd $0,(%%" CX "),%%xmm0");
  OPERAND("pshufhw", "pshufhw $0,(%%" CX "),%%xmm0");
  OPERAND("pshuflw", "pshuflw $0,(%%" CX "),%%xmm0");
  OPERAND("shufps", "shufps $0,(%%" CX "),%%xmm0");
  OPERAND("shufpd", "shufpd $0,(%%" CX "),%%xmm0");
  OPERAND("cmpps", "cmpps $0,(%%" CX "),%%xmm0");
  OPERAND("cmppd", "cmppd $0,(%%" CX "),%%xmm0");
  OPERAND("cmpss", "cmpss $0,(%%" CX "),%%xmm0");
  OPERAND("cmpsd", "cmpsd $0,(%%" CX "),%%xmm0");
  OPERAND("roundps", "roundps $0,(%%" CX "),%%xmm0");
  OPERAND("roundpd", "roundpd $0,(%%" CX "),%%xmm0");
  OPERAND("roundss", "roundss $0,(%%" CX "),%%xmm0");
  OPERAND("roundsd", "roundsd $0,(%%" CX "),%%xmm0");
  OPERAND("blendps", "blendps $0,(%%" CX "),%%xmm0");
  OPERAND("blendpd", "blendpd $0,(%%" CX "),%%xmm0");
  OPERAND("pblendw", "pblendw $0,(%%" CX "),%%xmm0");
  OPERAND("palignr", "palignr $0,(%%" CX "),%%xmm0");
  OPERAND("dpps", "dpps $0,(%%" CX "),%%xmm0");
  OPERAND("dppd", "dppd $0,(%%" CX "),%%xmm0");
  OPERAND("mpsadbw", "mpsadbw $0,(%%" CX "),%%xmm0");
  OPERAND("pclmulqdq", "pclmulqdq $0,(%%" CX "),%%xmm0");
  OPERAND("pcmpestri", "pcmpestri $0,(%%" CX "),%%xmm0");
  OPERAND("pcmpestrm", "pcmpestrm $0,(%%" CX "),%%xmm0");
  OPERAND("pcmpistri", "pcmpistri $0,(%%" CX "),%%xmm0");
  OPERAND("pcmpistrm", "pcmpistrm $0,(%%" CX "),%%xmm0");
  OPERAND("insertps", "insertps $0,(%%" CX "),%%xmm0");
  OPERAND("aeskeygenassist", "aeskeygenassist $0,(%%" CX "),%%xmm0");
  OPERAND("movaps to memory", "movaps %%xmm0,(%%" CX ")");
  OPERAND("movapd to memory", "movapd %%xmm0,(%%" CX ")");
  OPERAND("movdqa to memory", "movdqa %%xmm0,(%%" CX ")");
  OPERAND("movups to memory", "movups %%xmm0,(%%" CX ")");
  OPERAND("movupd to memory", "movupd %%xmm0,(%%" CX ")");
  OPERAND("movdqu to memory", "movdqu %%xmm0,(%%" CX ")");
  OPERAND("movntps to memory", "movntps %%xmm0,(%%" CX ")");
  OPERAND("movntpd to memory", "movntpd %%xmm0,(%%" CX ")");
  OPERAND("movntdq to memory", "movntdq %%xmm0,(%%" CX ")");
  OPERAND("movlps to memory", "movlps %%xmm0,(%%" CX ")");
  OPERAND("movhps to memory", "movhps %%xmm0,(%%" CX ")");
  OPERAND("movq to memory", "movq %%xmm0,(%%" CX ")");
  OPERAND("movss to memory", "movss %%xmm0,(%%" CX ")");
  OPERAND("movsd to memory", "movsd %%xmm0,(%%" CX ")");
  OPERAND("cvtpd2pi", "cvtpd2pi (%%" CX "),%%mm0; emms");
  OPERAND("cvtps2pi", "cvtps2pi (%%" CX "),%%mm0; emms");
  OPERAND("paddb mm", "paddb (%%" CX "),%%mm0; emms");
  OPERAND("fxsave", "fxsave (%%" CX ")");
  OPERAND("fxrstor", "fxrstor (%%" CX ")");
#ifdef __x86_64__
  OPERAND("cmpxchg16b", "push %%rbx; cmpxchg16b (%%rcx); pop %%rbx");
#endif
  /* Found by what the block does before: a stack that is aligned by it, an address loaded in it. */
  TRY("behind an aligned stack", "and $-16, %%" SP "; sub $16, %%" SP, "movaps %%xmm0,(%%" SP ")", 0);
  TRY("behind a misaligned stack", "and $-16, %%" SP "; sub $8, %%" SP, "movaps %%xmm0,(%%" SP ")", 0);
  TRY("through a pointer", "mov (%%" CX "),%%" AX, "movaps (%%" AX "),%%xmm0", (*(word *)(area + 64) = (word)area + 24, area + 64));
  TRY("through a pointer that is right", "mov (%%" CX "),%%" AX, "movaps (%%" AX "),%%xmm0", (*(word *)(area + 64) = (word)area + 32, area + 64));
  TRY("with an index", "mov $8,%%eax", "movaps 8(%%" CX ",%%" AX "),%%xmm0", area);
  TRY("with an index that is wrong", "mov $4,%%eax", "movaps 16(%%" CX ",%%" AX ",2),%%xmm0", area);
  TRY("in the sixth round", "mov $6,%%eax\n55: add $16,%%" CX "; dec %%eax; jnz 56f; add $4,%%" CX "\n56:", "movaps (%%" CX "),%%xmm0; test %%eax,%%eax; jnz 55b", area);
}
static void locked(void) {
  TRY("lock add", "", ".byte 0xf0; " "addl %%eax,(%%" CX ")", area);
  TRY("lock add register", "", ".byte 0xf0; " "addl %%eax,%%eax", area);
  TRY("lock add from memory", "", ".byte 0xf0; " "addl (%%" CX "),%%eax", area);
  TRY("lock cmp", "", ".byte 0xf0; " "cmpl %%eax,(%%" CX ")", area);
  TRY("lock cmp immediate", "", ".byte 0xf0; " "cmpl $1,(%%" CX ")", area);
  TRY("lock or immediate", "", ".byte 0xf0; " "orl $1,(%%" CX ")", area);
  TRY("lock mov", "", ".byte 0xf0; " "movl %%eax,(%%" CX ")", area);
  TRY("lock inc", "", ".byte 0xf0; " "incl (%%" CX ")", area);
  TRY("lock dec register", "", ".byte 0xf0; " "decl %%eax", area);
  TRY("lock not", "", ".byte 0xf0; " "notl (%%" CX ")", area);
  TRY("lock test", "", ".byte 0xf0; " "testl %%eax,(%%" CX ")", area);
  TRY("lock mul", "", ".byte 0xf0; " "mull (%%" CX ")", area);
  TRY("lock bt", "", ".byte 0xf0; " "btl $1,(%%" CX ")", area);
  TRY("lock bts", "", ".byte 0xf0; " "btsl $1,(%%" CX ")", area);
  TRY("lock btc", "xor %%eax,%%eax", ".byte 0xf0; " "btcl %%eax,(%%" CX ")", area);
  TRY("lock shl", "", ".byte 0xf0; " "shll $1,(%%" CX ")", area);
  TRY("lock shld", "", ".byte 0xf0; " "shldl $1,%%eax,(%%" CX ")", area);
  TRY("lock xchg", "", ".byte 0xf0; " "xchgl %%eax,(%%" CX ")", area);
  TRY("lock xchg registers", "", ".byte 0xf0; " "xchgl %%eax,%%edx", area);
  TRY("lock xadd", "", ".byte 0xf0; " "xaddl %%eax,(%%" CX ")", area);
  TRY("lock cmpxchg", "", ".byte 0xf0; " "cmpxchgl %%eax,(%%" CX ")", area);
  TRY("lock nop", "", ".byte 0xf0; " "nop", area);
  TRY("lock push", "", ".byte 0xf0; " "push %%" AX "", area);
  TRY("lock lea", "", ".byte 0xf0; " "lea (%%" CX "),%%" AX "", area);
  TRY("lock movaps", "", ".byte 0xf0; " "movaps (%%" CX "),%%xmm0", area);
  TRY("lock setz", "", ".byte 0xf0; " "setz (%%" CX ")", area);
  TRY("lock cmpxchg8b", "", ".byte 0xf0; " "cmpxchg8b (%%" CX ")", area);
  TRY("lock movs", "", ".byte 0xf0; " "movsb", area);
  TRY("lock fld", "", ".byte 0xf0; " "fld1", area);
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
  operands();
  locked();
  return 0;
}
