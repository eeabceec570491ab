/* Multibyte and wide characters of the C locale, in lines that a native build prints alike. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static void classes(void) {
  int (*member[])(wint_t) = {iswalnum, iswalpha, iswblank, iswcntrl, iswdigit, iswgraph, iswlower, iswprint, iswpunct, iswspace, iswupper, iswxdigit};
  const char *names[] = {"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"};
  for (int k = 0; k < 12; k++) {
    unsigned sum = 0, odd = 0;
    for (unsigned c = 0; c < 0x80; c++) {
      int in = member[k]((wint_t)c) != 0;
      sum = sum * 31 + (unsigned)in;
      odd += (iswctype((wint_t)c, wctype(names[k])) != 0) != in;
    }
    printf("%s %u %u\n", names[k], sum, odd);
  }
  printf("%d %d %d %d\n", (int)towupper(L'q'), (int)towlower(L'Q'), (int)towctrans(L'a', wctrans("toupper")), wctype("nothing") == 0);
}

static void multibyte(void) {
  wchar_t wide[16];
  char text[16];
  mbstate_t state;
  memset(&state, 0, sizeof state);
  int used = mbtowc(wide, "x", 1);
  printf("%d %d %d\n", mblen("abc", 3), used, (int)wide[0]);
  printf("%d %d %d\n", mbtowc(wide, "", 1), mblen(0, 0), wctomb(0, 0));
  int made = wctomb(text, L'z');
  printf("%d %zu\n", made, mbstowcs(wide, "hello", 16));
  size_t length = wcstombs(text, wide, 16);
  printf("%zu %zu %s\n", length, mbstowcs(0, "four", 0), text);
  printf("%zu\n", mbstowcs(wide, "hello", 3));
  const char *from = "narrow";
  size_t count = mbsrtowcs(wide, &from, 16, &state);
  printf("%zu %d %d\n", count, from == 0, (int)wide[5]);
  const wchar_t *back = wide;
  count = wcsrtombs(text, &back, 4, &state);
  printf("%zu %d\n", count, (int)(back - wide));
  errno = 0;
  size_t bad = wcrtomb(text, (wchar_t)0x1234, &state);
  printf("%d %d %d\n", bad == (size_t)-1, errno == EILSEQ, mbsinit(&state) != 0);
  printf("%zu %zu %d %d\n", mbrtowc(wide, "q", 1, &state), mbrlen("", 1, &state), (int)btowc('a'), wctob(L'b'));
  printf("%d %d\n", mbrtowc(wide, "q", 0, &state) == (size_t)-2, btowc(EOF) == WEOF);
}

static void strings(void) {
  wchar_t a[32] = L"first", *state, tokens[] = L",one,,two;three";
  wcscat(a, L" second");
  wcsncat(a, L" third", 3);
  printf("%ls %zu %d %d\n", a, wcslen(a), wcscmp(L"a", L"b") < 0, wcsncmp(L"abc", L"abd", 2));
  printf("%d %d %d\n", (int)(wcschr(a, L's') - a), (int)(wcsrchr(a, L's') - a), wcschr(a, L'!') == 0);
  printf("%zu %zu %ls\n", wcsspn(a, L"fisrt"), wcscspn(a, L" "), wcspbrk(a, L"co"));
  printf("%ls %d\n", wcsstr(a, L"sec"), wcsstr(a, L"none") == 0);
  for (wchar_t *t = wcstok(tokens, L",;", &state); t != 0; t = wcstok(0, L",;", &state)) printf("[%ls]", t);
  wmemset(a, L'-', 4);
  wmemmove(a + 1, a, 6);
  printf("%ls %d %d\n", a, wmemcmp(a, L"----", 4), wmemchr(a, L't', 12) != 0);
  printf("%ls\n", wcsncpy(a, L"xy", 5));
  printf("%zu %ls\n", wcsxfrm(0, L"abc", 0), a);
}

static void numbers(void) {
  wchar_t *end;
  const wchar_t *text = L"  -0x1fG";
  printf("%ld", wcstol(text, &end, 0));
  printf(" %d\n", (int)(end - text));
  printf("%llu %lld\n", wcstoull(L"18446744073709551615", 0, 10), wcstoll(L"-77", 0, 8));
  text = L"\t2.5e3x";
  printf("%g", wcstod(text, &end));
  printf(" %d\n", (int)(end - text));
  printf("%g %g %d\n", (double)wcstof(L"0x1p-3", 0), (double)wcstold(L"inf", 0), (int)wcstoimax(L"12", 0, 3));
  text = L"none";
  long none = wcstol(text, &end, 10);
  printf("%ld %d\n", none, end == text);
  errno = 0;
  long most = wcstol(L"99999999999999999999", 0, 10);
  printf("%d %d\n", most == LONG_MAX, errno == ERANGE);
}

int main(void) {
  classes();
  multibyte();
  strings();
  numbers();
  struct lconv *lconv = localeconv();
  printf("[%s][%s][%s] %d %d\n", lconv->decimal_point, lconv->thousands_sep, lconv->negative_sign, lconv->frac_digits == CHAR_MAX, lconv->n_sign_posn == CHAR_MAX);
  printf("%jd %jd\n", imaxabs(-5), imaxdiv(-17, 5).rem);
  printf("%jd %ju\n", strtoimax("-123", 0, 10), strtoumax("ff", 0, 16));
  return 0;
}
