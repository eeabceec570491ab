/* What compilers expect of a run-time: memory functions, the index and ends of static thread-local storage. */
typedef void(__stdcall *CALLBACK)(void *, unsigned long, void *);
unsigned long _tls_index;
__attribute__((section(".tls"))) char _tls_start = 0;
__attribute__((section(".tls$ZZZ"))) char _tls_end = 0;
__attribute__((section(".CRT$XLA"))) CALLBACK __xl_a = 0;
volatile unsigned long tls_callback_reason = 0xff;
static void __stdcall callback(void *module, unsigned long reason, void *reserved) { tls_callback_reason = reason; }
__attribute__((section(".CRT$XLB"), used)) CALLBACK __xl_b = callback;
__attribute__((section(".CRT$XLZ"))) CALLBACK __xl_z = 0;
struct {
  char *start, *end;
  unsigned long *index;
  CALLBACK *callbacks;
  unsigned long zero, characteristics;
} const _tls_used = {&_tls_start, &_tls_end, &_tls_index, &__xl_a + 1, 0, 0};
#ifndef _WIN64
__asm__(".globl __tls_array\n__tls_array = 0x2c"); /* offset in the TEB */
#endif
void *memcpy(void *to, const void *from, unsigned long n) {
  for (volatile char *t = to, *end = t + n; t != end; from = (char *)from + 1) *t++ = *(char *)from;
  return to;
}
void *memset(void *to, int value, unsigned long n) {
  for (volatile char *t = to, *end = t + n; t != end;) *t++ = (char)value;
  return to;
}
