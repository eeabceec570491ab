/* costly KIND: calls, for ever, that make the library or the MPS do much for one instruction of the program's. */
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mps.h"
#include "mpsavm.h"
#ifndef _WIN32
#include <pthread.h>
#include <sys/mman.h>
#endif

static char text[1 << 20];

static int is(char **argv, const char *kind) { return strcmp(argv[1], kind) == 0; }
static void handler(int number) { signal(number, handler); }

#ifndef _WIN32
/* A store through the first argument, which IA-32 has on the stack; a return. */
#if defined __aarch64__
static const unsigned store[1] = {0x39000000}, end[1] = {0xd65f03c0};
#elif defined __x86_64__
static const unsigned char store[2] = {0x88, 0x07}, end[1] = {0xc3};
#else
static const unsigned char store[8] = {0x8b, 0x44, 0x24, 0x04, 0x88, 0x00, 0x90, 0x90}, end[1] = {0xc3};
#endif

static void *thread(void *argument) { return argument; }
#endif

int main(int argc, char **argv) {
  char small[16];
  int number = 0;
  double sum = 0;
  if (argc < 2) return 2;
#ifndef _WIN32
  if (is(argv, "code")) {
    /* Code that writes to its own page, and behind each store many instructions that are translated with it anew. */
    enum { BYTES = 4096 };
    char *area = mmap(0, BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANON, -1, 0);
    volatile int at = 0;
    if (area == MAP_FAILED) return 3;
    for (int i = 0; i < BYTES; i += sizeof store) memcpy(area + i, store, sizeof store);
    memcpy(area + BYTES / 2, end, sizeof end);
    for (;;) ((void (*)(char *))area)(area + BYTES - 1);
  }
#endif
  memset(text, '1', sizeof text - 1);
  if (is(argv, "strtod")) for (;;) sum += strtod(text, 0);
  if (is(argv, "strtol")) for (;;) number += strtol(text, 0, 10);
  if (is(argv, "sscanf")) for (;;) sscanf(text, "%d", &number);
  if (is(argv, "string")) for (;;) snprintf(small, sizeof small, "%s", text);
  if (is(argv, "digits")) for (;;) snprintf(small, sizeof small, "%.4000f", 1.5);
  if (is(argv, "width")) for (;;) snprintf(small, sizeof small, "%90000d", argc);
  if (is(argv, "printf")) for (;;) printf("%s", text);
  if (is(argv, "setlocale")) for (;;) setlocale(LC_ALL, text);
  if (is(argv, "fopen")) for (;;) if (fopen(text + sizeof text - 100, "r")) return 3;
  if (is(argv, "remove")) for (;;) if (remove("/d/none") == 0) return 3;
  if (is(argv, "calloc")) for (;;) free(calloc(1, 100000));
  if (is(argv, "malloc")) for (;;) free(malloc(10 << 20));
  if (is(argv, "realloc")) {
    char *block = 0;
    for (int i = 0;; i++) block = realloc(block, i % 2 ? 100000 : 120000);
  }
  if (is(argv, "tmpfile")) for (;;) {
    FILE *file = tmpfile();
    if (file) fclose(file);
  }
  if (is(argv, "fread")) {
    FILE *file = tmpfile();
    fwrite(text, 1, sizeof text, file);
    for (;;) {
      rewind(file);
      if (fread(text, 1, sizeof text, file) != sizeof text) return 3;
    }
  }
  if (is(argv, "raise")) {
    signal(SIGTERM, handler);
    for (;;) raise(SIGTERM);
  }
  if (is(argv, "arena")) for (;;) {
    mps_arena_t arena;
    if (mps_arena_create_k(&arena, mps_arena_class_vm(), mps_args_none) == MPS_RES_OK) mps_arena_destroy(arena);
  }
  if (is(argv, "collect")) {
    mps_arena_t arena;
    if (mps_arena_create_k(&arena, mps_arena_class_vm(), mps_args_none) != MPS_RES_OK) return 3;
    for (;;) mps_arena_collect(arena);
  }
#ifndef _WIN32
  if (is(argv, "mmap")) for (;;) {
    char *area = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    area[5000] = 1;
    munmap(area, 1 << 20);
  }
  if (is(argv, "mprotect")) {
    char *area = mmap(0, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    for (int i = 0;; i++) mprotect(area + i % 4000 * 8192, 4096, PROT_READ);
  }
  if (is(argv, "thread")) for (;;) {
    pthread_t made;
    if (pthread_create(&made, 0, thread, 0) == 0) pthread_join(made, 0);
  }
#endif
  return 4 + (sum > 0) + (number > 0);
}
