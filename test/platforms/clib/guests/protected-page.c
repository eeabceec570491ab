/* Library functions read and write a page that is protected against it. */
#include <signal.h>
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
  int length = printf("<%s>\n", page);
  hide();
  int copied = sprintf(page, "%d", 12345);
  hide();
  size_t got = fread(page, 1, 4, stdin);
  printf("%d %d %d %.4s %d\n", length, copied, (int)got, page, faults);
  hide();
  printf("%d\n", (int)write(1, page, 4));
  return 0;
}
