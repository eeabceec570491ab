/* Streams, files, numbers, time and exit: the status says which check failed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#define DATA "d:/data/"
#else
#define DATA "/data/"
#endif
static void first(void) { puts("first registered"); }
static void second(void) { puts("second registered"); }
int main(int argc, char **argv) {
  char line[64], word[16];
  int n = 0;
  fprintf(stderr, "to %s\n", "stderr");
  fprintf(stdout, "%s %d\n", "to stdout", argc);
  if (scanf("%d %15s", &n, word) != 2 || n != 42 || strcmp(word, "answer")) return 1;
  if (getchar() != '\n' || !fgets(line, sizeof line, stdin) || strcmp(line, "second line\n")) return 2;
  if (fgets(line, sizeof line, stdin) || !feof(stdin)) return 3;
  FILE *f = fopen(DATA "out.txt", "wb+");
  if (!f) return 4;
  if (fprintf(f, "%05.1f|", 2.25) != 6 || fwrite("abc\n", 1, 4, f) != 4 || fseek(f, 6, SEEK_SET) || fgetc(f) != 'a' || ftell(f) != 7)
    return 5;
  if (ungetc('z', f) != 'z' || fgetc(f) != 'z' || fclose(f)) return 6;
  errno = 0;
  if (fopen(DATA "none", "r") || errno != ENOENT) return 7;
  if (fopen("/elsewhere/x", "r") || errno != ENOENT) return 8;
  char *end;
  if (strtol("0x20!", &end, 0) != 32 || *end != '!' || strtod("1.5e3x", &end) != 1500 || *end != 'x') return 9;
  ldiv_t d = ldiv(-17, 5);
  lldiv_t q = lldiv(-17000000000LL, 5);
  if (d.quot != -3 || d.rem != -2 || q.quot != -3400000000LL || q.rem) return 10;
  time_t t = 86400LL * 365;
  struct tm *tm = gmtime(&t);
  if (tm->tm_year != 71 || tm->tm_yday != 0 || !strftime(line, sizeof line, "%Y-%m-%d %H:%M:%S", tm) || strcmp(line, "1971-01-01 00:00:00"))
    return 11;
  void *p = malloc(100), *r = realloc(p, 100000);
  if (!r || ((size_t)r & 15)) return 12;
  free(r);
  if (!getenv("NAME") || strcmp(getenv("NAME"), "value") || getenv("OTHER")) return 13;
  perror("perror");
  atexit(first);
  atexit(second);
  printf("no newline at the end");
  return 300 & 0x7f;
}
