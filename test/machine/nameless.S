/* A function as quickly written assembly has it: a label, without a type or a size. */
#if defined(__APPLE__) || (defined(_WIN32) && defined(__i386__))
#define NAME _nameless
#else
#define NAME nameless
#endif
  .text
  .globl NAME
NAME:
#if defined(__x86_64__) && defined(_WIN32)
  movl $1, (%rcx)
  ret
#elif defined(__x86_64__)
  movl $1, (%rdi)
  ret
#elif defined(__i386__)
  movl 4(%esp), %eax
  movl $1, (%eax)
  ret
#else
  str w0, [x0]
  ret
#endif
