/* Accesses to the kernel's half of the address space: what their SIGSEGV says. Sixty-four bits only. */
static void say(const char *k, u64 v) {
  out(k);
  out(" ");
  hex(v);
  out("\n");
}
static int jumped;
static void handler(int s, word info, word uc) {
  word *gregs = (word *)(uc + 40);
  say("code", *(u32 *)(info + 8));
  say("address", *(word *)(info + 16));
  say("error", gregs[19]);
  say("cr2", gregs[22]);
  if (jumped) {
    say("rip", gregs[16]);
    _exit(0);
  }
  gregs[16] += 2; /* movb (%rax), %al; movb %al, (%rax) */
}
int main() {
  word act[24] = {0};
  act[0] = (word)handler;
  ((u32 *)act)[34] = 4;
  sigaction(11, act, 0);
  asm volatile("movb (%0), %%al" : : "a"(0xffff800000001234) : "memory");
  asm volatile("movb %%al, (%0)" : : "a"((word)-1) : "memory");
  jumped = 1;
  ((void (*)(void))0xfffffffffffffff8)();
  return 1;
}
