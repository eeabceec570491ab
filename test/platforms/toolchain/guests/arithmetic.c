/* One of each of what a CPU may leave to the compiler's support routines. */
#include <stdio.h>
volatile unsigned long long n = 1000000007, d = 97;
volatile long double x = 3;
volatile double e = 2.5;
volatile int k = 3;
_Thread_local int counter;
static void count(void) __attribute__((constructor));
static void count(void) { counter++; }
int main(void) {
  char frame[40000];
  frame[k] = (char)k;
  double _Complex z = e + 1i * e;
  z = z * z / z;
  printf("%d %d\n",
         (int)(n / d + n % d) + (int)(x * x / x) + __builtin_popcountll(n) + __builtin_ctzll(d) + (int)(n << k >> k) +
             (int)(unsigned long long)e + (int)__real__ z,
         frame[k] + counter);
#ifdef __SIZEOF_INT128__
  unsigned __int128 w = n;
  printf("%d\n", (int)(w * w / d % d) + (int)(double)w);
#endif
  return 0;
}
