/* Takes memory until the system has no more, in one of several ways, and says how it was told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIB = 1 << 20 };

/* What a compiler can't see through: else it takes blocks that are never read for none. */
static char *volatile last;

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "";
  unsigned long got = 0;
  char *block;
  errno = 0;
  if (strcmp(how, "touched") == 0) {
    while ((block = malloc(MIB)) != NULL) memset(last = block, 1, MIB), ++got;
  } else if (strcmp(how, "small") == 0) {
    while ((block = malloc(4096)) != NULL) memset(last = block, 1, 4096), ++got;
  } else if (strcmp(how, "file") == 0) {
    FILE *file = tmpfile();
    char page[4096];
    memset(page, 'x', sizeof page);
    while (fwrite(page, sizeof page, 1, file) == 1 && fflush(file) == 0) ++got;
  } else if (strcmp(how, "untouched") == 0) {
    /* What is never touched is not held: far more than the machine has. */
    while (got < 64 && (block = calloc(16, MIB)) != NULL) last = block, got += last[5 * MIB] == 0;
  }
  printf("%s: %s, errno %d\n", how, got > 0 ? "some" : "none", errno);
  if (strcmp(how, "untouched") == 0) printf("%lu blocks of 16 MiB\n", got);
  return 0;
}
