/* Numbers that are too large for what scanf reads them into, widths, long rows of digits, and characters that run out. */
#include <stdio.h>
#include <errno.h>
#include <string.h>
#include <stdint.h>
static const char *const texts[] = {"99999999999", "-99999999999", "99999999999999999999", "-99999999999999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "-18446744073709551615", "-1", "2147483648", "-2147483649", "4294967296", "0xfffffffffffffffff", "0777777777777777777777777", "7"};
static const char *const kinds[] = {"%hhd", "%hd", "%d", "%ld", "%lld", "%jd", "%zd", "%td", "%hhu", "%hu", "%u", "%lu", "%llu", "%ju", "%zu", "%i", "%li", "%lli", "%x", "%lx", "%llx", "%o", "%lo", "%llo", "%p", "%5d", "%*d", "%1u", "%99999999999d", "%4294967297d"};
int main(void) {
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; ++i)
    for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; ++k) {
      unsigned char out[16];
      char format[40];
      int n = -7, r;
      memset(out, 0xaa, sizeof out);
      sprintf(format, "%s%%n", kinds[k]);
      errno = 0;
      r = kinds[k][1] == '*' ? sscanf(texts[i], format, &n) : sscanf(texts[i], format, out, &n);
      printf("%s %s: %d %d errno %d:", texts[i], kinds[k], r, n, errno == ERANGE);
      for (int b = 0; b < 10; ++b) printf(" %02x", out[b]);
      puts("");
    }
  static char digits[1200];
  for (int n = 500; n < 1100; n += 100) {
    long v = -1; double d = -1; int used = -1, r; char rest[1200] = "";
    memset(digits, '0', sizeof digits - 1); digits[n - 1] = '7'; digits[n] = ' '; digits[n + 1] = 0;
    r = sscanf(digits, "%ld%n%s", &v, &used, rest); printf("%d zeros: %d %ld %d rest %zu\n", n, r, v, used, strlen(rest));
    used = -1; rest[0] = 0;
    r = sscanf(digits, "%lf%n%s", &d, &used, rest); printf("%d zeros: %d %g %d rest %zu\n", n, r, d, used, strlen(rest));
  }
  char c[8] = "zzzzzzz"; int n = -1, r = sscanf("abc", "%5c%n", c, &n); printf("%%5c: %d %.7s %d\n", r, c, n);
  memset(c, 'z', 7); n = -1; r = sscanf("", "%5c%n", c, &n); printf("%%5c of nothing: %d %.7s %d\n", r, c, n);
  memset(c, 'z', 7); n = -1; r = sscanf("abc", "%*5c%n", &n); printf("%%*5c: %d %d\n", r, n);
  return 0;
}
