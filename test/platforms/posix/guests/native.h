/* What guests that run natively too need there: the C library's own headers, and the same ways to print. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <pthread.h>
#include <semaphore.h>
#include <errno.h>
#include <sched.h>
#include <time.h>
typedef unsigned long word;
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
static void out(const char *s) { write(1, s, strlen(s)); }
static void hex(u64 v) {
  char b[20];
  int i = 18;
  b[19] = 0;
  do {
    b[i--] = "0123456789abcdef"[v & 15];
    v >>= 4;
  } while (v);
  out(b + i + 1);
}
