/* A fault that isn't the MPS's, without a handler or (HANDLED) with one installed before the MPS's. */
#include "port.h"
volatile int caught = 0;
void *target;
void handler(int s, void *info, void *uc) {
  caught++;
  mmap(target, 4096, 3, PRIVATE_MEMORY | FIXED, -1, 0);
}
int main() {
#ifdef HANDLED
  word act[24] = {0};
  act[0] = (word)handler;
  ((u32 *)act)[ACTION_FLAGS] = WITH_INFO;
  sigaction(11, act, NULL);
#endif
  port_setup();
  target = port_arena(4096);
  munmap(target, 4096);
  *(volatile word *)target = 5;
  hex(caught);
  return *(word *)target;
}
