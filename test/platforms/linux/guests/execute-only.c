/* A page that can only be run: how reading and writing it fault. */
#define W(base, off) (*(volatile word *)((u8 *)(base) + (off)))
static void say(const char *k, u64 v) {
  out(k);
  out(" ");
  hex(v);
  out("\n");
}
static u8 *page;
static volatile int faults;
static void handler(int s, word info, word uc) {
  word gregs = uc + (sizeof(word) == 8 ? 40 : 20);
  say("code", *(u32 *)(info + 8));
  say("key", *(u32 *)(info + (sizeof(word) == 8 ? 32 : 20)));
  say("error", W(gregs, sizeof(word) * (sizeof(word) == 8 ? 19 : 13)));
  say("at", W(info, sizeof(word) == 8 ? 16 : 12) == (word)page);
  faults++;
  mprotect(page, 4096, 3);
}
int main() {
  word act[24] = {0};
  act[0] = (word)handler;
  ((u32 *)act)[sizeof(word) == 8 ? 34 : 33] = 4;
  sigaction(11, act, 0);
  page = mmap(0, 4096, 3, 0x22, -1, 0);
  page[0] = 0xc3;
  mprotect(page, 4096, 4);
  ((void (*)(void))page)();
  say("ran", faults);
  (void)*(volatile u8 *)page;
  mprotect(page, 4096, 5);
  say("readable", *(volatile u8 *)page);
  mprotect(page, 4096, 4);
  *(volatile u8 *)page = 7;
  return faults;
}
