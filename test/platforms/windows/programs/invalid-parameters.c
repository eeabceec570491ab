/* What the run-time refuses, with a handler and without one; how many streams there may be. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int told, thread_told;

static void handler(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line, uintptr_t reserved) {
  told += expression == 0 && function == 0 && file == 0 && line == 0 && reserved == 0;
}

static void thread_handler(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line, uintptr_t reserved) {
  thread_told++;
}

#define REFUSED(call) \
  do { \
    told = errno = 0; \
    long long result = (long long)(call); \
    printf("%s %lld told %d errno %d\n", #call, result, told, errno); \
  } while (0)

static void handled(void) {
  char *volatile no = 0;
  char text[8];
  const char *volatile four = "four"; /* else the compiler stores it itself */
  printf("none before %d\n", _set_invalid_parameter_handler(handler) == 0);
  printf("is set %d\n", _get_invalid_parameter_handler() == handler);
  REFUSED(fclose((FILE *)no));
  REFUSED(fputc('x', (FILE *)no));
  REFUSED(fgetc((FILE *)no));
  REFUSED(feof((FILE *)no));
  REFUSED(fseek((FILE *)no, 0, 0));
  REFUSED(ftell((FILE *)no));
  REFUSED(fprintf((FILE *)no, "x"));
  REFUSED(fwrite("x", 1, 1, (FILE *)no));
  REFUSED(fopen(no, "r") != 0);
  REFUSED(fopen("x", no) != 0);
  REFUSED(fopen("x", "q") != 0);
  REFUSED(fopen("", "r") != 0);
  REFUSED(puts(no));
  REFUSED(fputs(no, stdout));
  REFUSED(fgets(no, 8, stdin) != 0);
  REFUSED(fgets(text, -1, stdin) != 0);
  REFUSED(fread(no, 1, 1, stdin));
  REFUSED(fwrite(no, 1, 1, stdout));
  REFUSED(printf(no));
  REFUSED(snprintf(no, 3, four));
  REFUSED(snprintf(no, 0, four));
  REFUSED(_msize(no));
  REFUSED(_aligned_malloc(10, 3) != 0);
  REFUSED(_expand(no, 3) != 0);
  REFUSED(_setmaxstdio(2));
  REFUSED(_setmaxstdio(8193));
  _set_thread_local_invalid_parameter_handler(thread_handler);
  REFUSED(fclose((FILE *)no));
  printf("the thread's was told %d\n", thread_told);
}

/* msvcrt.dll's array, whose elements stdin, stdout and stderr once were. */
FILE *__iob_func(void);

static void streams(void) {
  static FILE *open[9000];
  int count = 0;
  char *first = (char *)stdin;
  for (int i = 0; i < 9; i++) tmpfile(), malloc(16 + i);
  int row = (char *)stderr - (char *)stdout == (char *)stdout - first && (char *)__iob_func() == first;
  printf("in a row %d\n", row);
  printf("most %d\n", _getmaxstdio());
  while (count < 9000 && (open[count] = tmpfile())) count++;
  printf("opened %d errno %d\n", count, errno);
  errno = 0;
  int another = fopen("file", "w") != 0;
  printf("another %d errno %d\n", another, errno);
  fclose(open[100]);
  printf("after one is closed %d\n", (open[100] = tmpfile()) != 0);
  printf("fewer than are open %d\n", _setmaxstdio(100));
  int more = _setmaxstdio(2048);
  printf("more %d %d\n", more, _getmaxstdio());
  while (count < 9000 && (open[count] = tmpfile())) count++;
  printf("opened %d\n", count);
}

int main(int argc, char **argv) {
  FILE *volatile bad;
  if (!strcmp(argv[1], "handled")) handled();
  else if (!strcmp(argv[1], "streams")) streams();
  else if (!strcmp(argv[1], "null")) bad = 0, fclose(bad);
  else if (!strcmp(argv[1], "mode")) bad = fopen("file", "z");
  else if (!strcmp(argv[1], "aligned")) bad = _aligned_malloc(10, 3);
  else if (!strcmp(argv[1], "unreadable")) bad = (FILE *)16, fclose(bad);
  else if (!strcmp(argv[1], "text")) puts((char *)(size_t)(argc - 2));
  return 0;
}
