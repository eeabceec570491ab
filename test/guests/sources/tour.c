/* An ordinary C program, as a user might bring one: nothing in it knows of the emulator or of the MPS. Its output is the
   same wherever C's types have these sizes, so that a native build of it says what is right. */
#include <ctype.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void conversions(void) {
  static const int widths[] = {0, 1, 7, 12};
  int i;
  printf("%d %i %u %o %x %X %c %s %%\n", -42, 42, 42u, 42u, 0xbeefu, 0xbeefu, 'z', "string");
  printf("%hhd %hhu %hd %hu %ld %lu %lld %llu\n", (signed char)-5, (unsigned char)250, (short)-300, (unsigned short)65000, -70000L, 70000UL, LLONG_MIN, ULLONG_MAX);
  printf("%jd %ju %zu %td\n", (intmax_t)-1, (uintmax_t)1 << 63, sizeof(char[77]), &widths[3] - &widths[1]);
  printf("[%+d] [% d] [%05d] [%-5d] [%5d] [%.3d] [%8.3d] [%-8.3d] [%+.0d] [%.0d]\n", 7, 7, 7, 7, 7, 7, 7, 7, 0, 0);
  printf("[%#x] [%#X] [%#o] [%#x] [%08x] [%-#10x] [%#010x]\n", 255u, 255u, 8u, 0u, 0xabcu, 0x1fu, 0x1fu);
  printf("[%s] [%10s] [%-10s] [%.3s] [%-6.2s] [%.*s] [%*s] [%-*s]\n", "abcdef", "abc", "abc", "abcdef", "abcdef", 2, "abcdef", 5, "xy", 5, "xy");
  printf("[%c] [%3c] [%-3c]|\n", 'a', 'b', 'c');
  printf("[%f] [%.0f] [%#.0f] [%.3f] [%10.2f] [%-10.2f] [%+.1f] [% .1f] [%010.3f]\n", 1.5, 2.5, 2.0, 3.14159, 3.14159, 3.14159, 2.25, 2.25, -2.5);
  printf("[%e] [%.2e] [%E] [%.0e] [%12.3e]\n", 12345.678, 0.00012, 1e100, 5.0, -1e-300);
  printf("[%g] [%g] [%g] [%g] [%G] [%.3g] [%#g] [%g]\n", 100000.0, 1000000.0, 0.0001, 0.00001, 1e-20, 1234.5, 1.0, 0.1);
  printf("[%a] [%a] [%A]\n", 1.0, 0.1, -1024.5);
  printf("[%f] [%F] [%e] [%5.1f]\n", (double)INFINITY, -(double)INFINITY, fabs((double)NAN), (double)INFINITY);
  printf("[%.17g] [%.17g] [%.17g] [%.25f]\n", DBL_MAX, DBL_MIN, DBL_EPSILON, 0.1);
  for (i = 0; i < 4; ++i) printf("[%*d|%-*d|%0*d]", widths[i], 5, widths[i], 5, widths[i], 5);
  printf("\n%d %g %s %lld %c %g %d %g %g %g %g %g %g %g %d %u\n", 1, 2.5, "three", 4LL, '5', 6.5, 7, 8.5, 9.5, 10.5, 11.5, 12.5, 13.5, 14.5, 15, 16u);
}

struct word {
  char text[12];
  unsigned count;
};

static int by_count(const void *a, const void *b) {
  const struct word *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return strcmp(x->text, y->text);
}
static int by_text(const void *a, const void *b) { return strcmp(((const struct word *)a)->text, ((const struct word *)b)->text); }

static void sorting(void) {
  static struct word words[500];
  struct word key, *found;
  uint32_t random = 12345;
  int i, ordered = 1;
  for (i = 0; i < 500; ++i) {
    random = random * 1664525u + 1013904223u;
    sprintf(words[i].text, "w%05u", (unsigned)(random >> 8) % 100000u);
    words[i].count = (unsigned)(random >> 4) % 50u;
  }
  qsort(words, 500, sizeof words[0], by_count);
  for (i = 0; i < 500; ++i) ordered &= i == 0 || by_count(&words[i - 1], &words[i]) <= 0;
  printf("qsort: %d, first %s %u, last %s %u\n", ordered, words[0].text, words[0].count, words[499].text, words[499].count);
  qsort(words, 500, sizeof words[0], by_text);
  strcpy(key.text, words[123].text);
  found = bsearch(&key, words, 500, sizeof words[0], by_text);
  printf("bsearch: %s at %d\n", found ? found->text : "nothing", found ? strcmp(found->text, words[123].text) : -1);
}

static jmp_buf landing;
static volatile int frames;

static int climb(int height, double carried) {
  volatile char room[100];
  room[height % 100] = (char)height;
  ++frames;
  if (height == 0) longjmp(landing, 77);
  return climb(height - 1, carried * 1.5) + room[height % 100];
}

static void jumping(void) {
  volatile int before = 5;
  volatile double kept = 2.75;
  int landed = setjmp(landing);
  if (landed == 0) {
    before = 6;
    climb(60, 1.0);
    puts("not reached");
  }
  printf("longjmp: %d through %d frames, %d %g\n", landed, frames, before, kept);
  if (landed == 77) longjmp(landing, 0);
}

static unsigned long depth(unsigned n, unsigned long *deepest) {
  unsigned long mine = n, below;
  if (n > *deepest) *deepest = n;
  if (n == 10000) return mine;
  below = depth(n + 1, deepest);
  return mine + below;
}

static void doubles(void) {
  volatile double x = 0, y = 1e16, third = 1.0 / 3.0;
  double sum = 0, root = 1;
  int i;
  for (i = 1; i <= 1000; ++i) sum += 1.0 / ((double)i * i);
  for (i = 0; i < 30; ++i) root = (root + 2 / root) / 2;
  printf("%.10f %.12f %.12f\n", sum, root, sqrt(2.0));
  printf("%.10f %.10f %.10f %.10f %.10f\n", sin(1.0), cos(1.0), exp(1.0), log(10.0), pow(2.0, 0.5));
  printf("%.6g %.6g %.6g %d %d\n", floor(-2.5), ceil(-2.5), fmod(10.5, 3.0), (int)third, (int)-2.9);
  x = y + 1;
  printf("%.0f %d %d %d\n", x, x == y, third * 3 == 1.0, third != third);
  printf("%lld %llu %d %u\n", (long long)-1e15, (unsigned long long)1.8e19, (int)2147483520.0f, (unsigned)4e9);
  printf("%.9g %.9g %.9g\n", (double)(float)0.1, (double)1234567890123456789LL, (double)18446744073709551615ULL);
}

static void wide(void) {
  static const int64_t numbers[] = {0, 1, -1, 7, -7, 1000003, -4294967297, 4294967296, 123456789012345678, INT64_MAX, INT64_MIN + 1};
  uint64_t mixed = 0x0123456789abcdefu;
  unsigned i, k;
  int64_t fold = 0;
  for (i = 0; i < 11; ++i)
    for (k = 0; k < 11; ++k) {
      uint64_t a = (uint64_t)numbers[i], b = (uint64_t)numbers[k];
      fold = (int64_t)((uint64_t)fold * 31 + (a * b) + (a - b) + (a << (k * 5)) + (uint64_t)(numbers[i] >> (k * 3)) + (a >> (i + k)));
      if (b != 0) fold = (int64_t)((uint64_t)fold * 31 + (uint64_t)(numbers[i] / numbers[k]) + (uint64_t)(numbers[i] % numbers[k]) + a / b + a % b);
      fold += (numbers[i] < numbers[k]) + 2 * (a < b);
    }
  printf("64-bit: %lld %016llx\n", (long long)fold, (unsigned long long)(mixed * mixed));
  for (i = 0; i < 64; i += 9) mixed = (mixed << i | mixed >> (63 - i)) ^ (mixed / (i + 3));
  printf("64-bit: %llu %lld %lld\n", (unsigned long long)mixed, (long long)mixed / 1000, (long long)mixed % 1000);
}

struct tiny { char a, b, c; };
struct point { double x, y; };
struct mix { int n; double d; char s[6]; };
struct big { long long v[12]; };
struct nested { struct tiny t; struct point p; float f; };

static struct tiny turn(struct tiny t) { struct tiny r; r.a = t.c; r.b = t.a; r.c = t.b; return r; }
static struct point add(struct point p, struct point q) { p.x += q.x; p.y += q.y; return p; }
static struct mix change(int by, struct mix m, double factor) { m.n += by; m.d *= factor; m.s[0] = (char)toupper((unsigned char)m.s[0]); return m; }
static struct big grow(struct big b, struct tiny t) { int i; for (i = 0; i < 12; ++i) b.v[i] = b.v[i] * 1000000007LL + t.a; return b; }
static struct nested nest(struct tiny t, float f, struct point p, int i) { struct nested n; n.t = turn(t); n.p = add(p, p); n.f = f * (float)i; return n; }

static void structures(void) {
  struct tiny t = {'x', 'y', 'z'};
  struct point p = {1.25, -2.5}, q = {0.5, 4};
  struct mix m = {3, 1.5, "hello"};
  struct big b;
  struct nested n;
  int i;
  for (i = 0; i < 12; ++i) b.v[i] = i;
  t = turn(t);
  p = add(p, q);
  m = change(4, m, 3.0);
  b = grow(grow(b, t), t);
  n = nest(t, 2.5f, p, 3);
  printf("structs: %c%c%c %g %g %d %g %s %lld %lld %c %g %g\n", t.a, t.b, t.c, p.x, p.y, m.n, m.d, m.s, b.v[0], b.v[11], n.t.a, n.p.y, n.f);
}

typedef double (*operation)(double, double);
static double plus(double a, double b) { return a + b; }
static double times(double a, double b) { return a * b; }
static double twice(double (*f)(double, double), double x) { return f(f(x, x), x); }

static int total(int count, ...) {
  va_list list, again;
  int i, sum = 0;
  va_start(list, count);
  va_copy(again, list);
  for (i = 0; i < count; ++i) sum += i % 2 ? (int)va_arg(list, double) : va_arg(list, int);
  for (i = 0; i < count; ++i) sum += i % 2 ? (int)(2 * va_arg(again, double)) : va_arg(again, int);
  va_end(again);
  va_end(list);
  return sum;
}

static void pointers(void) {
  static const operation table[] = {plus, times};
  double x = 1;
  int i;
  for (i = 0; i < 20; ++i) x = table[i % 3 == 0](x, 1.5);
  printf("functions: %g %g %g %d\n", x, twice(plus, 2), twice(times, 3), total(8, 1, 2.5, 3, 4.5, 5, 6.5, 7, 8.5));
}

static void memory(void) {
  char *blocks[64], *text = NULL;
  size_t length = 0;
  unsigned long sum = 0;
  int i;
  for (i = 0; i < 64; ++i) memset(blocks[i] = malloc((size_t)i * 37 + 1), i, (size_t)i * 37 + 1);
  for (i = 0; i < 64; i += 2) free(blocks[i]);
  for (i = 0; i < 200; ++i) {
    text = realloc(text, length + 8);
    length += (size_t)sprintf(text + length, "%d,", i);
  }
  for (i = 1; i < 64; i += 2) sum += (unsigned char)blocks[i][i * 37], free(blocks[i]);
  printf("memory: %lu %lu %s %ld %.3f\n", sum, (unsigned long)length, strstr(text, "199"), strtol("0x7fz", NULL, 0), strtod("-12.5e1", NULL));
  printf("strings: %d %d %s %s %lu\n", strcmp("abc", "abd") < 0, memcmp("abc", "abc", 3), strchr("hello", 'l'), strrchr("a/b/c", '/'), (unsigned long)strspn("aabbc", "ab"));
  free(text);
}

int main(int argc, char **argv) {
  unsigned long deepest = 0, sum;
  int i;
  conversions();
  sorting();
  jumping();
  sum = depth(1, &deepest);
  printf("recursion: %lu %lu\n", deepest, sum);
  doubles();
  wide();
  structures();
  pointers();
  memory();
  for (i = 1; i < argc; ++i) printf("argument %d: %s\n", i, argv[i]);
  return argc + 40;
}
