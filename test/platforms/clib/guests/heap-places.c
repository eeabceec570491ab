/* Blocks by random calls: where each lies, from a page on, and how much of it may be used. Arguments: sizes up to, calls, seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <malloc/malloc.h>
#define malloc_usable_size malloc_size
#elif defined(__FreeBSD__)
#include <malloc_np.h>
#else
#include <malloc.h>
#endif
#include <stdint.h>
static uint32_t state = 1;
static uint32_t next(void) { state = state * 1664525u + 1013904223u; return state >> 8; }
static char *blocks[200]; static size_t sizes[200];
static char *first;
static void check(int i) { size_t k; for (k = 0; k < sizes[i]; k += 61) if (blocks[i][k] != (char)i) { printf("contents of %d\n", i); exit(1); } }
static void show(char c, char *p) { printf("%c %ld %lu\n", c, ((size_t *)p)[-1] & 2 ? (long)((uintptr_t)p & 4095) : (long)(p - first), (unsigned long)malloc_usable_size(p)); }
int main(int argc, char **argv) {
  int n; int most = atoi(argv[1]); int count = atoi(argv[2]); static char buf[1<<16]; setvbuf(stdout, buf, _IOFBF, sizeof buf);
  if (argc > 3) state = atoi(argv[3]);
  /* Static programs' heaps begin anywhere in a page: the rest of this one is skipped. */
  first = malloc(2000);
  first = realloc(first, 8192 - ((uintptr_t)first & 4095) - sizeof(void *));
  first += 8192 - ((uintptr_t)first & 4095);
  for (n = 0; n < count; n++) {
    int i = next() % 200; uint32_t r1=next(), r2=next(), r3=next(); size_t size = r1 % 8 ? r2 % (r3 % most + 1) : r2 % (64 * (most/64+1));
    switch (next() % 8) {
    case 0: if (blocks[i]) { check(i); blocks[i] = realloc(blocks[i], size + 1); } else blocks[i] = malloc(size + 1); sizes[i] = size + 1; memset(blocks[i], i, sizes[i]); show('r', blocks[i]); break;
    case 1: if (!blocks[i]) { size_t k; blocks[i] = calloc(1, size + 1); sizes[i] = size + 1; for (k = 0; k <= size; k += 31) if (blocks[i][k]) { puts("not zero"); exit(1); } memset(blocks[i], i, sizes[i]); show('c', blocks[i]); break; }
    case 2: if (!blocks[i]) { unsigned al = 16 << next() % 5; blocks[i] = aligned_alloc(al, size + 1); sizes[i] = size + 1; memset(blocks[i], i, sizes[i]); show('a', blocks[i]); break; }
    case 3: case 4: case 5: if (!blocks[i]) { blocks[i] = malloc(size + 1); sizes[i] = size + 1; memset(blocks[i], i, sizes[i]); show('m', blocks[i]); break; }
    default: if (blocks[i]) { check(i); free(blocks[i]); blocks[i] = 0; }
    }
  }
  return 0;
}
