/* The calling thread is scanned, with a known word in a register and another on its stack. */
#include "port.h"
__attribute__((noinline)) int f(word a, void *cold) {
  volatile word slot = 0x57ac0002;
  word r = a + 1;
  asm volatile("" : "+r"(r));
  int n = port_scan_self(cold);
  asm volatile("" : "+r"(r));
  return n >= 2 && slot == 0x57ac0002 && r == 0x4e600001 ? 0 : 1;
}
int main() {
  word here;
  asm volatile("" ::"r"(&here));
  return f(0x4e600000, &here);
}
