/* A program that does what a script says: words from standard input, each an order or part of one, with addresses of every kind. */
#ifndef ROGUE_H
#define ROGUE_H
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096ul
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef uintptr_t Word;

/* Filled by the program for its system. */
static char *none, *readable, *executable, *edge, *gone;
static Word functions[8];
static char *freed;

static uint64_t script[4096];
static size_t length;
static const uint64_t bytes[8] = {1, 2, 3, 0x2564257325, 0, ~0ull, 0, 0};
static Word scratch[1024], results[16], objects[16];
static unsigned latest;

/* Where a thread reads the script. */
typedef struct { size_t at; int depth; } Reader;

static void read_script(void) { length = fread(script, sizeof script[0], COUNT(script), stdin); }

static uint64_t next(Reader *reader) { return reader->at < length ? script[reader->at++] : 0; }
static unsigned below(Reader *reader, unsigned limit) { return (unsigned)(next(reader) % limit); }
static void keep(Word result) { results[latest++ % COUNT(results)] = result; }

/* A word of some kind: a number, or a place with an offset. */
static Word word(Reader *reader) {
  unsigned kind = below(reader, 16);
  Word value = (Word)next(reader);
  switch (kind) {
  case 0: return (Word)&kind + value;
  case 1: return (Word)scratch + value;
  case 2: return (Word)bytes + value;
  case 3: return functions[value % COUNT(functions)];
  case 4: return (Word)edge - value;
  case 5: return (Word)none + value;
  case 6: return (Word)readable + value;
  case 7: return (Word)executable + value;
  case 8: return (Word)gone + value;
  case 9: return (Word)freed + value;
  case 10: return objects[value % COUNT(objects)];
  case 11: return results[value % COUNT(results)];
  default: return value;
  }
}

/* Some words of a structure become others. */
static void damage(Reader *reader, void *at, size_t size) {
  unsigned count = below(reader, 4), i;
  for (i = 0; i < count; ++i) {
    size_t place = below(reader, (unsigned)(size / sizeof(Word)));
    Word value = word(reader);
    memcpy((char *)at + place * sizeof(Word), &value, sizeof value);
  }
}

static volatile char sink;

/* Not a tail call, and its frame is needed. */
static __attribute__((noinline)) unsigned recurse(unsigned depth, unsigned size) {
  volatile char frame[size + 16];
  frame[0] = (char)depth;
  return depth == 0 ? 0 : recurse(depth - 1, size) + (unsigned)frame[0];
}

static void touch(Reader *reader) {
  volatile char *at = (volatile char *)word(reader);
  if (below(reader, 2)) sink = *at;
  else *at = (char)next(reader);
}

static void jump(Reader *reader) {
  jmp_buf buffer;
  volatile int again = 0;
  if (setjmp(buffer) == 0 && again++ == 0) {
    damage(reader, buffer, sizeof buffer);
    longjmp(buffer, 1);
  }
}

/* Instructions that the script makes up, and more of them over those that have been run. */
static void run_code(Reader *reader) {
  unsigned rounds = 1 + below(reader, 3), i;
  while (rounds-- > 0) {
    unsigned words = 1 + below(reader, 4);
    for (i = 0; i < words; ++i) {
      uint64_t code = next(reader);
      memcpy(executable + 8 * i, &code, sizeof code);
    }
    ((void (*)(void))executable)();
  }
}
#endif
