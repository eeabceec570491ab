//! builds: static static-pie musl
/* A statically linked program with what else a C library asks of the kernel at its start and end: heaps, IFUNCs, streams, exit handlers. */
#include "observe.h"
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

static void last(void) { OBSERVE("atexit", 1); }
__attribute__((constructor)) static void first(void) { OBSERVE("constructor", 1); }
__attribute__((destructor)) static void finally(void) { OBSERVE("destructor", 1); }

int main(int argc, char **argv) {
  atexit(last);
  OBSERVE("argc", argc);
  OBSERVE("auxv.pagesize", getauxval(AT_PAGESZ));
  OBSERVE("auxv.phdr", getauxval(AT_PHDR) != 0);
  OBSERVE("auxv.random", getauxval(AT_RANDOM) != 0);
  OBSERVE("auxv.secure", getauxval(AT_SECURE));
  OBSERVE("auxv.clktck", getauxval(AT_CLKTCK));
  OBSERVE("auxv.entry", getauxval(AT_ENTRY) != 0);
  OBSERVE("auxv.execfn", getauxval(AT_EXECFN) != 0);
  char *blocks[200];
  unsigned sum = 0;
  for (int i = 0; i < 200; i++) {
    blocks[i] = malloc(1 + i * 997);
    memset(blocks[i], i, 1 + i * 997);
  }
  for (int i = 0; i < 200; i += 2) free(blocks[i]);
  for (int i = 1; i < 200; i += 2) blocks[i] = realloc(blocks[i], 1 + i * 1999), sum += (unsigned char)blocks[i][i * 997];
  OBSERVE("malloc", sum);
  char *large = malloc(40 << 20);
  large[39 << 20] = 5;
  large = realloc(large, 80 << 20);
  OBSERVE("malloc.large", large[39 << 20]);
  free(large);
  char text[300], copy[300];
  memset(text, 'a', sizeof text - 1), text[sizeof text - 1] = 0;
  strcpy(copy, text);
  OBSERVE("string", strlen(copy) + 1000 * (strcmp(copy, text) == 0) + 10000 * (memchr(copy, 0, 300) == copy + 299) + 100000 * (strrchr(copy, 'a') == copy + 298));
  snprintf(text, sizeof text, "%.3f %d %s %x", 3.14159, -5, "five", 255);
  OBSERVE_TEXT("snprintf", text);
  snprintf(text, sizeof text, "%.6f %.6f", sin(1.0), exp(2.0));
  OBSERVE_TEXT("mathematics", text);
  struct utsname name;
  OBSERVE_CALL("uname", uname(&name));
  OBSERVE_TEXT("uname.sysname", name.sysname);
  struct rlimit limit;
  OBSERVE_CALL("getrlimit", getrlimit(RLIMIT_STACK, &limit));
  struct stat status;
  OBSERVE_CALL("fstat.closed", fstat(77, &status));
  OBSERVE("getenv", getenv("NO_SUCH_NAME") != 0);
  struct tm *tm = gmtime(&(time_t){86400});
  OBSERVE2("gmtime", tm->tm_mday, tm->tm_year);
  FILE *null = fopen("/dev/null", "w");
  OBSERVE("fopen.null", null != 0);
  OBSERVE("fputs.null", fputs("x", null) >= 0);
  OBSERVE("fclose.null", fclose(null));
  OBSERVE("fopen.absent", fopen("/no/such/file", "r") != 0);
  printf("printf buffered\n");
  return 17;
}
