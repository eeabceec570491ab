/* For programs that print what they find in their own signal frames, field by field at their offsets. */
#define W(base, off) (*(volatile word *)((u8 *)(base) + (off)))
#define U(base, off) (*(volatile u32 *)((u8 *)(base) + (off)))
static void say(const char *k, u64 v) {
  out(k);
  out(" ");
  hex(v);
  out("\n");
}
static volatile int step;
static u8 *volatile page;
static u8 *volatile alt;
static volatile int code_argument;
static void set_action(int sig, void *h, int flags) {
  word act[8] = {0};
  act[0] = (word)h;
  ((u32 *)act)[sizeof(word) == 8 ? 2 : 1] = flags;
  sigaction(sig, act, 0);
}
