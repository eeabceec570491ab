/* The repository's own headers, where a guest is compiled against them. */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <errno.h>
#include <sys/mman.h>
typedef unsigned long word;
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
extern long test_write(const char *, word);
#include "start.h"
