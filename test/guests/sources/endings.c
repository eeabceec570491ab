/* What a run can end by, as the first argument says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mps.h"
#include "mpsacl.h"
#ifdef _WIN32
#include <windows.h>
static void wait_for_ever(void) { WaitForSingleObject(CreateEventA(0, 1, 0, 0), INFINITE); }
#else
#include <semaphore.h>
static void wait_for_ever(void) {
  sem_t never;
  sem_init(&never, 0, 0);
  sem_wait(&never);
}
#endif

int main(int argc, char **argv) {
  const char *way = argc > 1 ? argv[1] : "";
  if (strcmp(way, "environment") == 0) {
    const char *value = getenv(argv[2]);
    puts(value ? value : "(not set)");
  } else if (strcmp(way, "talk") == 0) {
    for (;;) puts("on and on");
  } else if (strcmp(way, "deadlock") == 0) {
    wait_for_ever();
  } else if (strcmp(way, "unsupported") == 0) {
    mps_arena_t arena;
    mps_arena_create_k(&arena, mps_arena_class_cl(), mps_args_none);
  } else if (strcmp(way, "echo") == 0) {
    puts("ready");
    fflush(stdout);
    for (int c; (c = getchar()) != EOF;) putchar(c);
  }
  return 0;
}
