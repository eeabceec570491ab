/* How many bytes each read of standard input gives, and how the last one ends; with an argument, lines as fgets has them. */
#include <stdio.h>
#ifdef _WIN32
#include <windows.h>
static long get(char *to, long most) {
  DWORD done = 0;
  return ReadFile(GetStdHandle(STD_INPUT_HANDLE), to, most, &done, 0) ? (long)done : -1;
}
#else
#include <unistd.h>
static long get(char *to, long most) { return read(0, to, most); }
#endif
int main(int argc, char **argv) {
  char text[100];
  long bytes;
  if (argc > 1) {
    while (fgets(text, 20, stdin)) printf("[%s]", text);
    printf("%d\n", ferror(stdin) != 0);
    return 0;
  }
  while ((bytes = get(text, sizeof text)) > 0) printf("%ld ", bytes);
  printf("%ld\n", bytes);
  return 0;
}
