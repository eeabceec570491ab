/** The C library from compiled programs, on every platform. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platforms, type Platform } from '../../../platforms/codes.js';
import { compile } from '../../../platforms/toolchain/cc.js';
import { missingToolchain, needing } from '../../needs.js';
import { runProgram, type Outcome, type RunOptions } from '../../guests/harness.js';

/** Compile `source` and run it. */
async function run(p: Platform, source: string, options: RunOptions = {}): Promise<Outcome & { directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'guest-'));
  try {
    const file = join(directory, 'a.c');
    const output = join(directory, p.os === 'windows' ? 'a.exe' : 'a');
    writeFileSync(file, source);
    await compile({ platform: p.code, sources: [file], output, flags: ['-O1'] });
    const outcome = runProgram(output, p.code, {
      ...options,
      directories: [{ host: directory, guest: p.os === 'windows' ? 'D:\\data' : '/data' }],
    });
    return {
      ...outcome,
      directory: (() => {
        try {
          return readFileSync(join(directory, 'out.txt'), 'latin1');
        } catch {
          return '';
        }
      })(),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const streams = `
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static void first(void) { puts("first registered"); }
static void second(void) { puts("second registered"); }
int main(int argc, char **argv) {
  char line[64], word[16];
  int n = 0;
  fprintf(stderr, "to %s\\n", "stderr");
  fprintf(stdout, "%s %d\\n", "to stdout", argc);
  if (scanf("%d %15s", &n, word) != 2 || n != 42 || strcmp(word, "answer")) return 1;
  if (getchar() != '\\n' || !fgets(line, sizeof line, stdin) || strcmp(line, "second line\\n")) return 2;
  if (fgets(line, sizeof line, stdin) || !feof(stdin)) return 3;
  FILE *f = fopen("/data/out.txt", "wb+");
  if (!f) return 4;
  if (fprintf(f, "%05.1f|", 2.25) != 6 || fwrite("abc\\n", 1, 4, f) != 4 || fseek(f, 6, SEEK_SET) || fgetc(f) != 'a' || ftell(f) != 7) return 5;
  if (ungetc('z', f) != 'z' || fgetc(f) != 'z' || fclose(f)) return 6;
  errno = 0;
  if (fopen("/data/none", "r") || errno != ENOENT) return 7;
  if (fopen("/elsewhere/x", "r") || errno != EACCES) return 8;
  char *end;
  if (strtol("0x20!", &end, 0) != 32 || *end != '!' || strtod("1.5e3x", &end) != 1500 || *end != 'x') return 9;
  ldiv_t d = ldiv(-17, 5);
  lldiv_t q = lldiv(-17000000000LL, 5);
  if (d.quot != -3 || d.rem != -2 || q.quot != -3400000000LL || q.rem) return 10;
  time_t t = 86400LL * 365;
  struct tm *tm = gmtime(&t);
  if (tm->tm_year != 71 || tm->tm_yday != 0 || !strftime(line, sizeof line, "%Y-%m-%d %H:%M:%S", tm) || strcmp(line, "1971-01-01 00:00:00")) return 11;
  void *p = malloc(100), *r = realloc(p, 100000);
  if (!r || ((size_t)r & 15)) return 12;
  free(r);
  if (!getenv("NAME") || strcmp(getenv("NAME"), "value") || getenv("OTHER")) return 13;
  perror("perror");
  atexit(first);
  atexit(second);
  printf("no newline at the end");
  return 300 & 0x7f;
}`;

for (const p of platforms) {
  needing(missingToolchain(p.code))(`${p.code}: streams, files, numbers, time, exit`, async (t) => {
    const source = p.os === 'windows' ? streams.replaceAll('"/data/', '"d:/data/') : streams;
    let input = '42 answer\nsecond line\n';
    const outcome = await run(p, source, {
      env: ['NAME=value'],
      input: (length) => {
        const bytes = Buffer.from(input.slice(0, length));
        input = input.slice(length);
        return bytes;
      },
    });
    t.deepEqual(outcome.status, { kind: 'exit', code: 300 & 0x7f }, outcome.stderr);
    t.is(outcome.stdout, 'to stdout 1\nno newline at the endsecond registered\nfirst registered\n');
    t.is(outcome.stderr, 'to stderr\nperror: Permission denied\n');
    t.is(outcome.directory, '002.2|abc\n');
  });

  needing(missingToolchain(p.code))(`${p.code}: a failed assertion aborts, through the handler of SIGABRT`, async (t) => {
    const outcome = await run(
      p,
      `#include <assert.h>
#include <signal.h>
#include <stdio.h>
static void handler(int signal) { printf("handler %d\\n", signal == SIGABRT); }
int main(int argc, char **argv) {
  signal(SIGABRT, handler);
  assert(argc == 2);
  return 0;
}`,
    );
    t.is(outcome.stdout, 'handler 1\n');
    t.is(outcome.stderr.match(/argc == 2/g)?.length, 1, outcome.stderr);
    t.like(outcome.status, { kind: 'signal', signal: 6 });
  });
}

for (const p of platforms.filter(({ os }) => os !== 'windows')) {
  needing(missingToolchain(p.code))(
    `${p.code}: library functions fault on a protected page, and go on when the handler has mended it`,
    async (t) => {
      const outcome = await run(
        p,
        `#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static char *page;
static volatile int faults;
static size_t size;
static void handler(int signal) {
  faults++;
  mprotect(page, size, PROT_READ | PROT_WRITE);
}
static void hide(void) { mprotect(page, size, PROT_NONE); }
int main(void) {
  size = getpagesize();
  page = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  signal(SIGSEGV, handler);
  signal(SIGBUS, handler);
  strcpy(page, "hidden");
  hide();
  int length = printf("<%s>\\n", page);
  hide();
  int copied = sprintf(page, "%d", 12345);
  hide();
  size_t got = fread(page, 1, 4, stdin);
  printf("%d %d %d %.4s %d\\n", length, copied, (int)got, page, faults);
  hide();
  printf("%d\\n", (int)write(1, page, 4));
  return 0;
}`,
        { input: (length) => Buffer.from('wxyz'.slice(0, length)) },
      );
      t.is(outcome.stdout, '<hidden>\n9 5 4 wxyz 3\n-1\n', JSON.stringify(outcome.status) + outcome.stderr);
    },
  );
}

needing(missingToolchain('w3i6mv'))('Windows: raise calls the handler and comes back', async (t) => {
  for (const p of platforms.filter(({ os }) => os === 'windows')) {
    const outcome = await run(
      p,
      `#include <signal.h>
#include <stdio.h>
static void handler(int signal) { printf("handler %d\\n", signal); }
int main(void) {
  signal(SIGTERM, handler);
  printf("%d\\n", raise(SIGTERM));
  raise(SIGTERM);
  return 0;
}`,
    );
    t.is(outcome.stdout, 'handler 15\n0\n');
    t.deepEqual(outcome.status, { kind: 'exit', code: 3 });
  }
});
