/* Start and printing of a guest without a C library of its own. */
static inline void out(const char *s) {
  word n = 0;
  while (s[n]) n++;
  test_write(s, n);
}
static inline void hex(u64 v) {
  char b[20];
  int i = 18;
  b[19] = 0;
  do {
    b[i--] = "0123456789abcdef"[v & 15];
    v >>= 4;
  } while (v);
  out(b + i + 1);
}
int main();
__attribute__((used)) void start_c(word *sp) {
  int argc = (int)sp[0];
  _exit(main(argc, (char **)(sp + 1), (char **)(sp + 2 + argc)));
}
#if defined __x86_64__
asm(".globl _start\n_start: mov %rsp,%rdi\n test $8,%sp\n and $-16,%rsp\n call start_c\n hlt");
#elif defined __i386__
asm(".globl _start\n_start: mov %esp,%eax\n and $-16,%esp\n sub $12,%esp\n push %eax\n call start_c\n hlt");
#else
asm(".globl _start\n_start: mov x0,sp\n bl start_c\n brk #1");
#endif
