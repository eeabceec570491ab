/* What oracle programs print: one line an observation, `name result errno`. Names are distinct in a program. Each line is
   written at once and without stdio (Windows' own has no printf that programs can import), so that nothing is lost
   when a program dies. */
#ifndef OBSERVE_H
#define OBSERVE_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
static void observe_write(const char *text, unsigned length) {
  DWORD written;
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length, &written, 0);
}
#else
#include <unistd.h>
static void observe_write(const char *text, unsigned length) { (void)!write(1, text, length); }
#endif

static char observe_line[512];
static unsigned observe_length;

static void observe_text(const char *text) {
  while (*text && observe_length < sizeof observe_line - 1) observe_line[observe_length++] = *text++;
}

static void observe_digits(unsigned long long value, unsigned base) {
  char digits[24];
  int at = sizeof digits - 1;
  digits[at] = 0;
  do digits[--at] = "0123456789abcdef"[value % base];
  while ((value /= base) != 0);
  observe_text(digits + at);
}

static void observe_number(long long value) {
  observe_text(" ");
  if (value < 0) observe_text("-");
  observe_digits(value < 0 ? 0ull - (unsigned long long)value : (unsigned long long)value, 10);
}

static void observe_end(void) {
  observe_line[observe_length++] = '\n';
  observe_write(observe_line, observe_length);
  observe_length = 0;
}

/** A value. */
#define OBSERVE(name, value) \
  do { \
    long long observed_ = (long long)(value); \
    observe_text(name), observe_number(observed_), observe_end(); \
  } while (0)
/** Two and three. */
#define OBSERVE2(name, a, b) \
  do { \
    long long observed_[] = {(long long)(a), (long long)(b)}; \
    observe_text(name), observe_number(observed_[0]), observe_number(observed_[1]), observe_end(); \
  } while (0)
#define OBSERVE3(name, a, b, c) \
  do { \
    long long observed_[] = {(long long)(a), (long long)(b), (long long)(c)}; \
    observe_text(name), observe_number(observed_[0]), observe_number(observed_[1]), observe_number(observed_[2]), observe_end(); \
  } while (0)
#define OBSERVE_HEX(name, value) \
  do { \
    unsigned long long observed_ = (unsigned long long)(value); \
    observe_text(name), observe_text(" 0x"), observe_digits(observed_, 16), observe_end(); \
  } while (0)
#define OBSERVE_TEXT(name, text) (observe_text(name), observe_text(" "), observe_text(text), observe_end())

/** A call that answers -1 and sets errno: the result, and errno where it is -1. */
#define OBSERVE_CALL(name, call) \
  do { \
    errno = 0; \
    long long observed_ = (long long)(call); \
    int errno_ = observed_ == -1 ? errno : 0; \
    observe_text(name), observe_number(observed_), observe_number(errno_), observe_end(); \
  } while (0)

/** The same, where the value of success (an address, a descriptor) differs from run to run. */
#define OBSERVE_DONE(name, call) \
  do { \
    errno = 0; \
    int failed_ = (long long)(call) == -1; \
    int errno_ = failed_ ? errno : 0; \
    observe_text(name), observe_text(failed_ ? " failed" : " done"), observe_number(errno_), observe_end(); \
  } while (0)
#endif
