/* Reads and writes through barriers, each of which runs again once the barrier is gone. */
#include "port.h"
int main() {
  port_setup();
  volatile word *a = port_arena(16 * 4096);
  for (int i = 0; i < 16; i++) a[i * 4096 / sizeof(word)] = i + 100;
  port_protect((void *)a, 16 * 4096, 3);
  double d = 1.5;
  word sum = 0;
  for (int i = 0; i < 16; i++) {
    sum += a[i * 4096 / sizeof(word) + 0];
    d += 1.0;
  }
  port_protect((void *)a, 16 * 4096, 2);
  sum += a[0];
  a[8] = 7;
  hex(sum);
  out(" ");
  hex((word)(d * 2));
  out(" ");
  hex(a[8]);
  port_release((void *)a, 16 * 4096);
  return 0;
}
