/* nameless-files COUNT: has so many files open whose names are gone. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 0, i;
  for (i = 0; i < count; ++i) {
    if (!fopen("/d/f", "w")) break;
    remove("/d/f");
  }
  printf("%d opened\n", i);
  return 0;
}
