// Unicorn's other processors, which nothing here opens: what its core asks of each is defined here, so that a static
// Unicorn is linked without them. It loads in half the time, at every start.
#include <cstdlib>

#define LEFT_OUT(cpu)                                    \
  extern "C" void uc_init_##cpu() { std::abort(); }      \
  extern "C" void reg_read_##cpu() { std::abort(); }     \
  extern "C" void reg_write_##cpu() { std::abort(); }

LEFT_OUT(arm)
LEFT_OUT(m68k)
LEFT_OUT(mips)
LEFT_OUT(mipsel)
LEFT_OUT(mips64)
LEFT_OUT(mips64el)
LEFT_OUT(ppc)
LEFT_OUT(ppc64)
LEFT_OUT(riscv32)
LEFT_OUT(riscv64)
LEFT_OUT(s390x)
LEFT_OUT(sparc)
LEFT_OUT(sparc64)
LEFT_OUT(tricore)
