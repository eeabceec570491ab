/* What guests need of the C library, declared by hand, and what differs between Linux and FreeBSD. */
typedef unsigned long word;
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#define NULL ((void *)0)
extern void _exit(int) __attribute__((noreturn));
extern long test_write(const char *, word);
extern void *mmap(void *, word, int, int, int, long);
extern int munmap(void *, word);
extern int mprotect(void *, word, int);
extern int madvise(void *, word, int);
typedef word pthread_t;
extern int pthread_create(pthread_t *, void *, void *(*)(void *), void *);
extern int pthread_join(pthread_t, void **);
extern pthread_t pthread_self(void);
extern int pthread_kill(pthread_t, int);
extern void pthread_exit(void *) __attribute__((noreturn));
extern int pthread_detach(pthread_t);
extern int sched_yield(void);
extern int raise(int);
extern int kill(int, int);
extern int getpid(void);
extern int sigaction(int, const void *, void *);
extern int sigprocmask(int, const void *, void *);
extern int sigaltstack(const void *, void *);
extern int sigsuspend(const void *);

/* Constants, and the places of a struct sigaction's flags. */
#ifdef __linux__
#define PRIVATE_MEMORY 0x22
#define FIXED 0x10
#define BLOCK 0
#define UNBLOCK 1
#define SETMASK 2
#define USER_SIGNAL 10
#define ON_STACK 0x8000000
#define WITH_INFO 4
#define ACTION_FLAGS (sizeof(word) == 8 ? 34 : 33)
#define STACK(base, size) \
  { (word)(base), 0, (size) }
extern int *__errno_location(void);
#define errno (*__errno_location())
#else
#define PRIVATE_MEMORY 0x1002
#define FIXED 0x10
#define BLOCK 1
#define UNBLOCK 2
#define SETMASK 3
#define USER_SIGNAL 30
#define ON_STACK 1
#define WITH_INFO 0x40
#define ACTION_FLAGS (sizeof(word) == 8 ? 2 : 1)
#define STACK(base, size) \
  { (word)(base), (size), 0 }
extern int *__error(void);
#define errno (*__error())
#endif
#include "start.h"
