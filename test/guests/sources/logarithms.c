/* Binary logarithms of the powers of two by a quotient of logarithms, truncated: exact where long double results are kept. */
#include <math.h>
#include <stdio.h>

int main(void) {
  for (int i = 3; i < 31; i++) {
    volatile double power = (double)(1u << i);
    int exact = (int)(log(power) / 0.69314718055994530942) == i;
    double ratio = log(power) / 0.69314718055994530942L;
    printf("%d%c", exact, ratio >= i ? ' ' : '!');
  }
  putchar('\n');
  return 0;
}
