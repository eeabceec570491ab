/* many-files COUNT: has so many files open at once and uses them in turn; some are renamed, some removed, some made anew. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *files[2000];

static char *name(int i, const char *what) {
  static char names[2][40];
  static int which;
  char *text = names[which ^= 1];
  sprintf(text, "/d/%s%d", what, i);
  return text;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 0, opened, i, round;
  unsigned long sum = 0;
  char line[80];
  for (opened = 0; opened < count; ++opened) {
    files[opened] = fopen(name(opened, "f"), "w+");
    if (!files[opened]) break;
  }
  printf("%d opened: %s\n", opened, opened < count ? strerror(errno) : "all");
  /* Windows renames and removes no open file. */
#ifndef _WIN32
  for (i = 0; i < opened; i += 10) rename(name(i, "f"), name(i, "g"));
  for (i = 5; i < opened; i += 50) remove(name(i, "f"));
#endif
  for (round = 0; round < 3; ++round)
    for (i = 0; i < opened; ++i) {
      fprintf(files[i], "%d of round %d\n", i, round);
      fflush(files[i]);
    }
  for (i = 0; i < opened; ++i) {
    rewind(files[i]);
    while (fgets(line, sizeof line, files[i])) sum = sum * 31 + strlen(line) * (i + 1) + line[0];
  }
  printf("sum %lu\n", sum);
  return 0;
}
