/* Writes two megabytes, and sets the length. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char text[1 << 16];

int main(void) {
  FILE *file = fopen("/d/long", "w");
  int i;
  memset(text, 'x', sizeof text);
  for (i = 0; i < 32; ++i) if (fwrite(text, 1, sizeof text, file) != sizeof text) return puts("short"), 1;
  if (fflush(file) != 0 || ftruncate(fileno(file), 3000000) != 0) return puts("not cut"), 1;
  puts("written, and cut to 3000000");
  return 0;
}
