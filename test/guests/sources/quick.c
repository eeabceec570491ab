/* The quick way out runs its own functions, last registered first, and not those of exit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if !defined(__APPLE__)
static void one(void) { puts("one"); fflush(stdout); }
static void two(void) { puts("two"); fflush(stdout); }
#endif
static void never(void) { puts("never"); fflush(stdout); }

int main(void) {
  struct timespec now;
  int base = timespec_get(&now, TIME_UTC);
  printf("%d %d\n", base == TIME_UTC, timespec_get(&now, TIME_UTC + 100));
  printf("%d %d\n", now.tv_sec > 1000000000, now.tv_nsec >= 0 && now.tv_nsec < 1000000000);
  time_t day = 86400;
  fputs(ctime(&day), stdout);
  char name[L_tmpnam];
  char *given = tmpnam(name);
  printf("%d %d\n", given == name, strlen(name) > 5 && strlen(name) < sizeof name);
  FILE *absent = fopen(name, "r");
  printf("%d\n", absent == 0);
  volatile double zero = 0, big = 1e300;
  volatile double huge = big * big; /* stored: no register of the x87 has it with more range */
  volatile float small = 1e-40f;
  printf("%d %d %d\n", ilogb(zero) == FP_ILOGB0, ilogb(zero / zero) == FP_ILOGBNAN, ilogb(big));
  printf("%d %d %d %d %d\n", fpclassify(zero) == FP_ZERO, fpclassify(huge) == FP_INFINITE, fpclassify(big) == FP_NORMAL,
         fpclassify(zero / zero) == FP_NAN, fpclassify(small) == FP_SUBNORMAL);
  printf("%g %g %g\n", (double)powl(2, 10), (double)sqrtl(2.25L), (double)nexttowardf(1, 2));
  printf("%g %g %g %g\n", (double)sinl(0), (double)hypotf(3, 4), (double)strtold("1.5", 0), (double)fmal(2, 3, 4));
  printf("%ld %lld %g\n", lroundf(2.5f), llrintl(3.5L), (double)scalblnf(1, 4));
  fflush(stdout);
  atexit(never);
#if defined(__APPLE__)
  puts("two\none");
  fflush(stdout);
  _Exit(5);
#else
  at_quick_exit(one);
  at_quick_exit(two);
  quick_exit(5);
#endif
}
