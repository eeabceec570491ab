/* Options with getopt and getopt_long, the 48-bit generators, getrusage: what POSIX programs of this kind use besides ISO C. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

static const struct option names[] = {
    {"alpha", no_argument, NULL, 'a'},
    {"beta", required_argument, NULL, 'b'},
    {"beth", required_argument, NULL, 'h'},
    {"gamma", optional_argument, NULL, 'g'},
    {NULL, 0, NULL, 0},
};

static void parse(const char *what, const char *letters, int longs, char **words) {
  int count = 0, c;
  while (words[count]) count++;
#if defined(__linux__)
  optind = 0;
#else
  optind = optreset = 1;
#endif
  printf("%s:", what);
  while ((c = longs ? getopt_long(count, words, letters, names, NULL) : getopt(count, words, letters)) != -1) {
    printf(" %c", c < ' ' ? '#' : c);
    if (optarg) printf("=%s", optarg);
    if (c == '?' || c == ':') printf("%c", optopt > ' ' ? optopt : '_');
  }
  printf(" |");
  for (int i = optind; i < count; i++) printf(" %s", words[i]);
  putchar('\n');
}

#define WORDS(...) ((char *[]){"program", __VA_ARGS__, NULL})

int main(void) {
  struct rusage used, later;
  struct timeval now;
  unsigned short x[3] = {1, 2, 3};
  opterr = 0;
  parse("short", "ab:", 0, WORDS("-a", "-bx", "-b", "y", "rest"));
  parse("cluster", "abc:", 0, WORDS("-abc", "v", "-", "z"));
  parse("operands", "ab:", 0, WORDS("one", "-a", "--", "-b"));
  parse("missing", ":ab:", 0, WORDS("-a", "-q", "-b"));
  parse("optional", "a::b", 0, WORDS("-afoo", "-a", "-b"));
  parse("long", "ab:", 1, WORDS("--alpha", "op1", "--beta=3", "--beta", "4", "op2", "--gamma=5", "-a", "--", "-z"));
  parse("abbreviated", "ab:", 1, WORDS("--al", "--be=1", "--bet=1", "--g"));
  parse("wrong", ":ab:", 1, WORDS("--alpha=1", "--nothing", "--beta"));
  parse("in order", "-ab:", 1, WORDS("x", "-a", "y"));
  srand48(7);
  printf("%.17g", drand48());
  printf(" %ld", lrand48());
  printf(" %ld", mrand48());
  printf(" %.17g\n", erand48(x));
  volatile double three = 3;
  printf("%.17g %.9g\n", pow(10, three), (double)powf(10, (float)three));
  if (getrusage(RUSAGE_SELF, &used) != 0 || used.ru_maxrss <= 0 || getrusage(77, &later) != -1) return 1;
  for (volatile int i = 0; i < 100000; i++) {}
  if (getrusage(RUSAGE_SELF, &later) != 0 || later.ru_utime.tv_usec <= used.ru_utime.tv_usec) return 2;
  return gettimeofday(&now, NULL) == 0 && now.tv_sec > 0 ? 0 : 3;
}
