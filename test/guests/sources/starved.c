/* More pages than there is memory for, each first written by a function of the C library. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define AREAS 16
#define SIZE ((size_t)16 << 20)

static void fault(int signal) {
  puts("a fault");
  exit(signal);
}

int main(int argc, char **argv) {
  char *areas[AREAS];
  signal(SIGSEGV, fault);
  signal(SIGBUS, fault);
  for (int i = 0; i < AREAS; i++) {
    areas[i] = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (areas[i] == MAP_FAILED) return 1;
  }
  puts("mapped");
  fflush(stdout);
  for (int i = 0; i < AREAS; i++)
    for (size_t at = 0; at < SIZE; at += 4096) snprintf(areas[i] + at, 8, "%d", argc);
  puts("written");
  return 0;
}
