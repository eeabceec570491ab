/* Ways to die, one function each: DEATH names the one to take. */
extern void abort(void);

int write_to_null() {
  *(volatile int *)0 = 1;
  return 0;
}
int read_protected() { return *(volatile int *)mmap(0, 4096, 0, PRIVATE_MEMORY, -1, 0); }
int jump_to_nowhere() {
  ((void (*)(void))0x123450)();
  return 0;
}
int jump_to_last_byte() {
  ((void (*)(void))(word)-1)();
  return 0;
}
int read_upper_half() { return *(volatile int *)(word)0xffff800000001234; }
int jump_to_odd_place() {
  ((void (*)(void))(word)0x8123456789abcdef)();
  return 0;
}
int jump_to_data() {
  void *p = mmap(0, 4096, 3, PRIVATE_MEMORY, -1, 0);
  ((void (*)(void))p)();
  return 0;
}

__attribute__((noinline)) int f(int n) {
  volatile char a[500];
  a[0] = n;
  return f(n + 1) + a[0] + n;
}
int stack_overflow() { return f(0); }
void *g(void *p) { return (void *)(word)f(0); }
int stack_overflow_of_thread() {
  pthread_t t;
  pthread_create(&t, 0, g, 0);
  pthread_join(t, 0);
  return 0;
}
void ends(int s) { _exit(3); }
int stack_overflow_with_handler() {
  word act[24] = {0};
  act[0] = (word)ends;
  sigaction(11, act, 0);
  return f(0);
}

int division() {
  volatile int a = 7, z = 0;
  return a / z;
}
int undefined_instruction() { __builtin_trap(); }
#ifndef __aarch64__
int breakpoint() {
  asm volatile("int3");
  return 0;
}
int privileged() {
  asm volatile("hlt");
  return 0;
}
#endif
int non_canonical() { return *(volatile char *)0x1234567890abcdef; }

int raises() {
  raise(15);
  return 0;
}
int kills() {
  kill(getpid(), 9);
  return 0;
}
int aborts() { abort(); }
void returns(int s) {}
int blocked_fault() {
  word act[24] = {0};
  act[0] = (word)returns;
  sigaction(11, act, 0);
  u32 set[32] = {1 << 10};
  sigprocmask(SETMASK, set, 0);
  *(volatile int *)8 = 1;
  return 0;
}

int main() { return DEATH(); }
