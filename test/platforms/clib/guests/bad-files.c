/*
 * One function of stdio and a FILE pointer that is no open file: null, zeros, letters, or a file that was closed.
 * Arguments: a file to open, the kind, the function's number. Past the last one the program ends with 99.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#define FILENO _fileno
#else
#define FILENO fileno
#endif
static FILE *file;
static char zeros[1024] __attribute__((aligned(16))), letters[1024] __attribute__((aligned(16))), text[64];
static const char *path;
static fpos_t place;
static int number;
static int vprint(FILE *to, const char *format, ...) { va_list all; int result; va_start(all, format); result = vfprintf(to, format, all); va_end(all); return result; }
static int vscan(FILE *from, const char *format, ...) { va_list all; int result; va_start(all, format); result = vfscanf(from, format, all); va_end(all); return result; }
#define EACH \
  F(fclose, fclose(file)) F(fflush, fflush(file)) F(fgetc, fgetc(file)) F(getc, getc(file)) F(ungetc, ungetc('a', file)) \
  F(fgets, fgets(text, 60, file) != 0) F(fputc, fputc('a', file)) F(putc, putc('a', file)) F(fputs, fputs("some", file)) \
  F(fread, fread(text, 1, 10, file)) F(fread_nothing, fread(text, 1, 0, file)) F(fwrite, fwrite("some", 1, 3, file)) \
  F(fwrite_nothing, fwrite("some", 1, 0, file)) F(fseek, fseek(file, 0, SEEK_CUR)) F(ftell, ftell(file)) F(rewind, (rewind(file), 0)) \
  F(fgetpos, fgetpos(file, &place)) F(fsetpos, fsetpos(file, &place)) F(feof, feof(file)) F(ferror, ferror(file)) \
  F(clearerr, (clearerr(file), 0)) F(setvbuf, setvbuf(file, 0, _IONBF, 0)) F(setbuf, (setbuf(file, 0), 0)) F(fileno, FILENO(file)) \
  F(fprintf, fprintf(file, "%d", 1)) F(vfprintf, vprint(file, "%d", 1)) F(fscanf, fscanf(file, "%d", &number)) \
  F(vfscanf, vscan(file, "%d", &number)) F(freopen, freopen(path, "r", file) != 0)
#define F(name, call) static long do_##name(void) { return (long)(call); }
EACH
#undef F
#define F(name, call) {#name, do_##name},
static const struct { const char *name; long (*call)(void); } functions[] = { EACH };
int main(int argc, char **argv) {
  unsigned kind = atoi(argv[2]), i = atoi(argv[3]);
  long result;
  if (i >= sizeof functions / sizeof *functions) return 99;
  path = argv[1];
  memset(letters, 'A', sizeof letters);
  file = kind == 0 ? 0 : (FILE *)(kind == 1 ? zeros : letters);
  if (kind == 3) {
    file = fopen(path, "r");
    if (!file) return 1;
    fgetc(file);
    fclose(file);
  }
  errno = 0;
  result = functions[i].call();
  printf("%s %ld %d\n", functions[i].name, result, errno);
  return 0;
}
