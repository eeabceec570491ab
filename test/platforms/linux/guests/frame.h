/* For programs that print what they find in their own signal frames, field by field at their offsets. Addresses are printed relative to the
 * frame, so that a native run and a guest print the same. */
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
static volatile int want_info = 1;
static u8 *volatile alt;
static void set_action(int sig, void *h, int flags) {
  word act[24];
  for (int i = 0; i < 24; i++) act[i] = 0;
  act[0] = (word)h;
  ((u32 *)act)[sizeof(word) == 8 ? 34 : 33] = flags;
  sigaction(sig, (void *)act, 0);
}
