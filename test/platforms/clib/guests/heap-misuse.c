/* One misuse of the heap in each run, by number; where the library does not notice it, the program says so. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#if defined(__APPLE__)
#include <malloc/malloc.h>
#define malloc_usable_size malloc_size
#elif defined(__FreeBSD__)
#include <malloc_np.h>
#else
#include <malloc.h>
#endif
static char still[256] __attribute__((aligned(16)));
static void *volatile escaped, *volatile other;
/* A block that lies between two others, none of them cached. */
static size_t *between(size_t size) { void *before = malloc(size); size_t *block = malloc(size); escaped = malloc(size); escaped = before; return block; }
static void fill(size_t size) { void *all[7]; int i; for (i = 0; i < 7; i++) all[i] = malloc(size); for (i = 0; i < 7; i++) free(all[i]); }
/* Two pages, and none before them. */
static char *map(void) { char *at = mmap(0, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0); munmap(at, 4096); return at + 4096; }
int main(int argc, char **argv) {
  char around[512] __attribute__((aligned(16)));
  char *here = around + 256;
  size_t *p, *q;
  memset(around, 0, sizeof around);
  switch (atoi(argv[1])) {
  case 0: p = malloc(24); free(p); free(p); break;
  case 1: fill(24); p = malloc(24); q = malloc(24); fill(24); free(p); free(p); break;
  case 2: p = malloc(24); q = malloc(24); fill(24); free(p); free(q); free(p); escaped = malloc(3000); break;
  case 3: p = between(2000); free(p); free(p); break;
  case 4: p = malloc(2000); free(p); free(p); break;
  case 5: p = malloc(200000); free(p); free(p); break;
  case 6: free((char *)malloc(100) + 8); break;
  case 7: free((char *)malloc(100) + 16); break;
  case 8: p = malloc(100); memset(p, 'A', 100); free((char *)p + 32); break;
  case 9: free(here); break;
  case 10: memset(around, 'A', sizeof around); free(here); break;
  case 11: free(still + 64); break;
  case 12: free(map()); break;
  case 13: free(map() + 4096); break;
  case 14: free((void *)1); break;
  case 15: free((void *)8); break;
  case 16: free((void *)0x10); break;
  case 17: free((void *)-16); break;
  case 18: p = malloc(100); p[-1] = 0; free(p); break;
  case 19: p = malloc(100); p[-1] = (size_t)-1; free(p); break;
  case 20: p = malloc(100); p[-1] = 0x1001; free(p); break;
  case 21: p = malloc(100); memset(p - 1, 'A', sizeof *p); free(p); break;
  case 22: p = malloc(100); p[-1] |= 2; free(p); break;
  case 23: p = malloc(100); p[-1] |= 8; free(p); break;
  case 24: p = between(2000); p[-1] &= ~(size_t)1; free(p); break;
  case 25: p = between(2000); memset(p, 'A', 2000 + 2 * sizeof *p); free(p); break;
  case 26: fill(40); p = between(40); fill(40); memset(p, 0, 48 + 16); free(p); break;
  case 27: p = between(2000); free(p); p[0] = p[1] = (size_t)here; escaped = malloc(2000); break;
  case 28: p = between(2000); free(p); p[-1] = 0x41; escaped = malloc(3000); break;
  case 29: p = between(2000); free(p); p[-1] += 32; escaped = malloc(3000); break;
  case 30: p = malloc(24); q = malloc(24); free(q); free(p); p[0] = ((size_t)p >> 12) ^ 8; escaped = malloc(24); escaped = malloc(24); break;
  case 31: p = malloc(24); memset(p, 0xff, 24 + sizeof *p); escaped = malloc(300000 / 4); break;
  case 32: p = malloc(24); memset((char *)p + malloc_usable_size(p), 0, sizeof *p); escaped = malloc(100000); break;
  case 33: escaped = realloc(here + 16, 100); break;
  case 34: escaped = realloc((char *)malloc(100) + 8, 100); break;
  case 35: p = malloc(100); p[-1] = 0; escaped = realloc(p, 200); break;
  case 36: p = malloc(100); p[-1] = 0x10000001; escaped = realloc(p, 200); break;
  case 37: p = malloc(100); memset((char *)p + malloc_usable_size(p), 0, sizeof *p); escaped = realloc(p, 200); break;
  case 38: p = malloc(200000); p[-1] += 16; escaped = realloc(p, 400000); break;
  case 39: p = malloc(200000); p[-1] += 16; free(p); break;
  case 40: p = between(2000); free(p); escaped = malloc(5000); p[0] = p[1] = (size_t)(here + 32); free(escaped); escaped = malloc(2000); break;
  case 41: p = between(2000); q = p; free(escaped); q[-2] = 64; free(p); break;
  case 42: p = malloc(24); free(p); escaped = realloc(p, 100); break;
  case 43: p = malloc(24); free(p); p[1] = 0; free(p); p = malloc(24); q = malloc(24); printf("the same %d\n", p == q); break;
  case 44: p = malloc(100); memset(p - 1, 0x46, sizeof *p); free(p); break;
  case 45: fill(24); p = malloc(24); q = malloc(24); fill(24); free(p); p[-1] = 0x61; escaped = malloc(2000); break;
  case 46: p = malloc(2000); escaped = malloc(100); q = malloc(2000); other = malloc(100); free(p); free(q); p[1] = 0; escaped = malloc(2000); escaped = malloc(3000); break;
  case 47: p = between(3000); q = between(3000); free(p); free(q); escaped = malloc(9000); p[0] = p[1] = (size_t)here; escaped = malloc(2500); break;
  case 48: printf("%lu %lu\n", (unsigned long)malloc_usable_size(0), (unsigned long)malloc_usable_size(malloc(5))); break;
    case 49: p = malloc(24); free(p); memset(p, 'B', 8); escaped = malloc(24); escaped = malloc(24); break;
  case 50: p = malloc(300000); q = malloc(300000); free(p); printf("%d\n", malloc_usable_size(q) > 300000); escaped = malloc(300000); free(q); break;
  default: return 99;
  }
  puts("not noticed");
  return 0;
}
