/* mmap, munmap, mprotect and madvise: results, errors and what is left mapped. */
#define P 4096UL
extern int *__errno_location(void);
static void say(const char *k, u64 v) {
  out(k);
  out(" ");
  hex(v);
  out("\n");
}
static void ret(const char *k, long r) {
  out(k);
  if (r == -1) {
    out(" errno ");
    hex(*__errno_location());
  } else {
    out(" ok ");
    hex(r);
  }
  out("\n");
}
static u8 *base;
static void at(const char *k, void *r) {
  if (r == (void *)-1)
    ret(k, -1);
  else {
    out(k);
    out(" at ");
    hex((word)r - (word)base);
    out("\n");
  }
}
static volatile int code;
static volatile int caught;
static void handler(int s, word info, word uc) {
  code = *(int *)(info + 8);
  caught = 1;
  word pc = sizeof(word) == 8 ? 0xa8 : 0x4c;
  if (sizeof(word) == 8)
    *(word *)(uc + 40 + 16 * 8) += 3;
  else
    *(word *)(uc + 20 + 14 * 4) += 2;
}
/* What an access does: 0 works, else si_code. mov (reg),%al and mov %al,(reg): 3 bytes with a REX prefix, 2 without. */
static int probe(volatile u8 *p, int write) {
  caught = 0;
  code = 0;
#ifdef __x86_64__
  if (write)
    asm volatile("mov %0,%%r10\n .byte 0x41,0x88,0x02" ::"r"(p), "a"(7) : "r10", "memory");
  else
    asm volatile("mov %0,%%r10\n .byte 0x41,0x8a,0x02" ::"r"(p) : "r10", "rax", "memory");
#else
  if (write)
    asm volatile(".byte 0x88,0x02" ::"d"(p), "a"(7) : "memory");
  else
    asm volatile(".byte 0x8a,0x02" ::"d"(p) : "eax", "memory");
#endif
  return caught ? code : 0;
}
static void page(const char *k, u8 *p) {
  out(k);
  out(" ");
  hex(probe(p, 0));
  out(" ");
  hex(probe(p, 1));
  out("\n");
}
int main() {
  word act[24];
  for (int i = 0; i < 24; i++) act[i] = 0;
  act[0] = (word)handler;
  ((u32 *)act)[sizeof(word) == 8 ? 34 : 33] = 4;
  sigaction(11, (void *)act, 0);
  base = mmap(0, 64 * P, 3, 0x22, -1, 0);
  ret("length 0", (long)mmap(0, 0, 3, 0x22, -1, 0));
  ret("no sharing", (long)mmap(0, P, 3, 0x20, -1, 0));
  ret("both sharings 4", (long)mmap(0, P, 3, 0x20 | 1 | 2 | 4, -1, 0));
  ret("fixed unaligned", (long)mmap(base + 1, P, 3, 0x32, -1, 0));
  ret("bad fd", (long)mmap(0, P, 3, 2, -1, 0));
  ret("unaligned offset", (long)mmap(0, P, 3, 2, -1, 5));
  ret("beyond", (long)mmap((void *)-P, 4 * P, 3, 0x32, -1, 0));
  at("fixed", mmap(base + 4 * P, 2 * P, 1, 0x32, -1, 0));
  at("noreplace over", mmap(base + 4 * P, P, 1, 0x100022, -1, 0));
  ret("munmap 0", munmap(base, 0));
  ret("munmap unaligned", munmap(base + 1, P));
  ret("munmap hole", munmap(base + 8 * P, 2 * P));
  ret("munmap hole again", munmap(base + 8 * P, 2 * P));
  at("noreplace in hole", mmap(base + 8 * P, P, 3, 0x100022, -1, 0));
  munmap(base + 8 * P, P);
  at("hint in hole", mmap(base + 8 * P, 2 * P, 3, 0x22, -1, 0));
  munmap(base + 8 * P, 2 * P);
  ret("mprotect hole", mprotect(base + 6 * P, 6 * P, 1));
  page("before hole", base + 7 * P);
  page("hole", base + 8 * P);
  page("after hole", base + 10 * P);
  ret("mprotect unaligned", mprotect(base + 1, P, 1));
  ret("mprotect 0", mprotect(base, 0, 1));
  ret("mprotect bad bits", mprotect(base, P, 0x80));
  base[16 * P] = 9;
  ret("none", mprotect(base + 16 * P, P, 0));
  page("none page", base + 16 * P);
  ret("back", mprotect(base + 16 * P, P, 3));
  say("kept", base[16 * P]);
  ret("write alone", mprotect(base + 17 * P, P, 2));
  page("write alone page", base + 17 * P);
  ret("exec alone", mprotect(base + 18 * P, P, 4));
  page("exec alone page", base + 18 * P);
  ret("read exec", mprotect(base + 18 * P, P, 5));
  page("read exec page", base + 18 * P);
  ret("rwx", mprotect(base + 18 * P, P, 7));
  page("rwx page", base + 18 * P);
  base[20 * P] = 5;
  at("replaced", mmap(base + 20 * P, P, 3, 0x32, -1, 0));
  say("zero", base[20 * P]);
  base[21 * P] = 5;
  ret("dontneed", madvise(base + 21 * P, 1, 4));
  say("dropped", base[21 * P]);
  ret("advice unaligned", madvise(base + 1, P, 4));
  ret("bad advice", madvise(base, P, 77));
  ret("advice hole", madvise(base + 7 * P, 2 * P, 4));
  ret("length rounds", munmap(base + 30 * P, 1));
  page("rounded", base + 30 * P + 9);
  page("next", base + 31 * P);
  u8 *top = mmap(0, 8 * P, 0, 0x22, -1, 0), *below = mmap(0, P, 0, 0x22, -1, 0);
  say("downwards", below < top || below > base);
  page("reserved", top);
  say("mapped into reserve", mmap(top + P, P, 7, 0x32, -1, 0) == top + P);
  page("it", top + P);
  page("its neighbour", top + 2 * P);
  return 0;
}
