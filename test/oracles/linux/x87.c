//! platforms: lii6gc lii3gc
//! flags: -msse2
/* The x87 where it is at its limits: an empty or a full register stack, denormal, infinite and signaling operands, each
   masked (status, tags, result) and not (the signal, and what is left of the operands). And SSE's denormal operands. */
#include "observe.h"
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

static sigjmp_buf back;
static unsigned char image[108], stored[16];
static double infinity, nothing = 0, one = 1, three = 3, large = 1e300, denormal = 4.9e-324, largest = 1.7976931348623157e308;
static float tiny = 1e-45f;
static unsigned long long signaling[2] = {0xa000000000000000, 0x7fff}, unsupported[2] = {1, 0x3fff}, small[2] = {1, 0};
static volatile int caught, code;

static void handler(int signal, siginfo_t *info, void *context) {
  caught = signal, code = info->si_code;
  __asm__ volatile("fnsave %0" : "=m"(image));
  siglongjmp(back, 1);
}

#define RUN(name, control, instructions) do { \
  unsigned short control_ = control; \
  caught = code = 0; \
  memset(stored, 0x55, sizeof stored); \
  if (!sigsetjmp(back, 1)) \
    __asm__ volatile("fninit; fldcw %1; " instructions "; fnsave %0; fninit" : "=m"(image) : "m"(control_), "m"(infinity), "m"(nothing), "m"(one), \
      "m"(three), "m"(large), "m"(denormal), "m"(tiny), "m"(signaling), "m"(unsupported), "m"(small), "m"(stored), "m"(largest) : "eax", "cc", "memory"); \
  __asm__ volatile("fninit"); \
  observe_text(name); \
  observe_number(caught), observe_number(code), observe_number(caught ? 0 : *(unsigned short *)(image + 4)); \
  observe_number(*(unsigned short *)(image + 8)); \
  for (int i = 0; i < 2; i++) observe_text(" "), observe_digits(*(unsigned short *)(image + 36 + 10 * i), 16), observe_digits(*(unsigned long long *)(image + 28 + 10 * i), 16); \
  observe_text(" "), observe_digits(*(unsigned long long *)stored, 16); \
  observe_end(); \
} while (0)
/* Masked, with invalid operations unmasked, and with denormal operands unmasked; the wait makes a pending exception come. */
#define TRY(name, instructions) \
  RUN(name, 0x37f, instructions); \
  RUN(name ".invalid", 0x37e, instructions "; fwait"); \
  RUN(name ".denormal", 0x37d, instructions "; fwait")
#define INFINITY_ "%2"
#define NOTHING "%3"
#define ONE "%4"
#define THREE "%5"
#define LARGE "%6"
#define DENORMAL "%7"
#define TINY "%8"
#define SIGNALING "%9"
#define UNSUPPORTED "%10"
#define SMALL "%11"
#define STORED "%12"
#define FULL "fld1; fld1; fld1; fld1; fld1; fld1; fld1; fld1; "

static void sse(const char *name, unsigned mxcsr, double x, double y, int divides) {
  unsigned left = mxcsr;
  caught = code = 0;
  if (!sigsetjmp(back, 1)) {
    if (divides) __asm__ volatile("ldmxcsr %0; movsd %1,%%xmm0; divsd %2,%%xmm0; stmxcsr %0" : "+m"(left) : "m"(x), "m"(y) : "xmm0");
    else __asm__ volatile("ldmxcsr %0; movsd %1,%%xmm0; addsd %2,%%xmm0; stmxcsr %0" : "+m"(left) : "m"(x), "m"(y) : "xmm0");
  }
  unsigned usual = 0x1f80;
  __asm__ volatile("ldmxcsr %0" ::"m"(usual));
  OBSERVE3(name, caught, code, caught ? 0 : left);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGFPE, &action, 0);
  infinity = one / nothing;
  double nan = nothing / nothing;

  TRY("empty.root", "fsqrt");
  TRY("empty.add", "fld1; fadd %%st(1),%%st");
  TRY("empty.add-pop", "faddp");
  TRY("empty.add-memory", "faddl " ONE);
  TRY("empty.compare", "fcom");
  TRY("empty.compare-and-pop-both", "fcompp");
  TRY("empty.test", "ftst");
  TRY("empty.examine", "fxam");
  TRY("empty.exchange", "fld1; fxch");
  TRY("empty.move", "stc; fcmovb %%st(1),%%st");
  TRY("empty.store-single", "fstps " STORED);
  TRY("empty.store-double", "fstpl " STORED);
  TRY("empty.store-extended", "fstpt " STORED);
  TRY("empty.store-integer", "fistpl " STORED);
  TRY("empty.store-decimal", "fbstp " STORED);
  TRY("empty.store-register", "fst %%st(2)");
  TRY("empty.load-register", "fld %%st(3)");
  TRY("empty.tangent", "fptan");
  TRY("empty.logarithm", "fld1; fyl2x");
  TRY("empty.freed", "fld1; ffree %%st(0); fchs");
  TRY("full.load", FULL "fldl " THREE);
  TRY("full.constant", FULL "fldpi");
  TRY("full.integer", FULL "fildl " STORED);
  TRY("full.extract", FULL "fxtract");
  TRY("full.turned", FULL "fdecstp; fldz");
  TRY("denormal.load", "fldl " DENORMAL);
  TRY("denormal.load-single", "flds " TINY);
  TRY("denormal.load-extended", "fldt " SMALL);
  TRY("denormal.add", "fld1; fldt " SMALL "; fadd %%st(1),%%st");
  TRY("denormal.multiply-memory", "fld1; fmull " DENORMAL);
  TRY("denormal.divided", "fldt " SMALL "; fdivl " ONE);
  TRY("denormal.compare", "fld1; fldt " SMALL "; fcompp");
  TRY("denormal.test", "fldt " SMALL "; ftst");
  TRY("denormal.root", "fldt " SMALL "; fsqrt");
  TRY("denormal.round", "fldt " SMALL "; frndint");
  TRY("denormal.sign", "fldt " SMALL "; fchs");
  TRY("denormal.extract", "fldt " SMALL "; fxtract");
  TRY("denormal.scale", "fld1; fldt " SMALL "; fscale");
  TRY("infinite.sine", "fldl " INFINITY_ "; fsin");
  TRY("infinite.tangent", "fldl " INFINITY_ "; fptan");
  TRY("infinite.remainder", "fld1; fldl " INFINITY_ "; fprem");
  TRY("infinite.extract", "fldl " INFINITY_ "; fxtract");
  TRY("infinite.less-infinite", "fldl " INFINITY_ "; fsubl " INFINITY_);
  TRY("infinite.power", "fldl " INFINITY_ "; f2xm1");
  TRY("zero.remainder", "fldz; fld1; fprem");
  TRY("zero.scaled", "fldl " INFINITY_ "; fldz; fscale");
  TRY("zero.logarithm", "fldz; fldz; fyl2x");
  TRY("negative.root", "fld1; fchs; fsqrt");
  TRY("negative.logarithm", "fld1; fld1; fchs; fyl2x");
  TRY("large.sine", "fldl " LARGE "; fsin");
  TRY("large.truncate", "fldl " LARGE "; fisttpl " STORED);
  TRY("large.truncate-long", "fldl " LARGE "; fisttpll " STORED);
  TRY("large.decimal", "fldl " LARGE "; fbstp " STORED);
  TRY("signaling.add", "fldt " SIGNALING "; faddl " ONE);
  TRY("signaling.store", "fldt " SIGNALING "; fstpl " STORED);
  TRY("signaling.scale", "fld1; fldt " SIGNALING "; fscale");
  TRY("signaling.round", "fldt " SIGNALING "; frndint");
  TRY("unsupported.add", "fldt " UNSUPPORTED "; faddl " ONE);
  TRY("unsupported.examine", "fldt " UNSUPPORTED "; fxam");
  TRY("exact.remainder", "fldl " THREE "; fldpi; fprem");
  TRY("exact.nearest-remainder", "fldl " THREE "; fld1; fadd %%st(0),%%st; fprem1");
  TRY("exact.decimal", "fldl " THREE "; fchs; fbstp " STORED);
  TRY("exact.truncate", "fldl " THREE "; fisttps " STORED);
  RUN("zero.extract", 0x37b, "fldz; fxtract; fwait");
  RUN("zero.logarithm-of-it", 0x37b, "fld1; fldz; fyl2x; fwait");
  RUN("rounded-up.decimal", 0xb7f, "fldl " THREE "; fdivl " LARGE "; fbstp " STORED);

  static const struct { const char *name; unsigned mxcsr; } modes[] = {{"masked", 0x1f80}, {"unmasked", 0x1e80}, {"invalid", 0x1f00}, {"zeros", 0x1ec0}};
  for (int i = 0; i < 4; i++) {
    static char names[4][6][32];
    static const char *const kinds[] = {"sse.denormal-left.", "sse.denormal-right.", "sse.with-nan.", "sse.by-zero.", "sse.by-denormal.", "sse.none."};
    const double pairs[6][2] = {{denormal, 1}, {1, denormal}, {nan, denormal}, {denormal, 0}, {1, denormal}, {1, 2}};
    for (int k = 0; k < 6; k++) {
      strcat(strcpy(names[i][k], kinds[k]), modes[i].name);
      sse(names[i][k], modes[i].mxcsr, pairs[k][0], pairs[k][1], k == 3 || k == 4);
    }
  }
  return 0;
}
