/* Which calls on descriptors are cancellation points, and what a cancelled close leaves behind. A thread that was asked to end while it would not
   makes the call once it would. FreeBSD 13: lib/libthr/thread/thr_syscalls.c. macOS: the calls of bsd/kern/syscalls.master that have a _nocancel. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "observe.h"

static int files[2], file, next = 0;
static void *page;
static char letter = 'x';
static volatile int ready, asked, returned;

static void call(int which) {
  struct iovec vector = {&letter, 1};
  struct flock lock = {0};
  switch (which) {
  case 0: read(files[0], &letter, 1); break;
  case 1: write(files[1], &letter, 1); break;
  case 2: readv(files[0], &vector, 1); break;
  case 3: writev(files[1], &vector, 1); break;
  case 4: pread(file, &letter, 1, 0); break;
  case 5: pwrite(file, &letter, 1, 0); break;
  case 6: preadv(file, &vector, 1, 0); break;
  case 7: pwritev(file, &vector, 1, 0); break;
  case 8: open("/data/f", O_RDONLY); break;
  case 9: openat(AT_FDCWD, "/data/f", O_RDONLY); break;
  case 10: opendir("/data"); break;
  case 11: fsync(file); break;
  case 12: msync(page, 4096, MS_SYNC); break;
  case 13: fcntl(file, F_GETFD); break;
  case 14: lock.l_type = F_WRLCK, fcntl(file, F_SETLKW, &lock); break;
  case 15: dup(file); break;
  case 16: lseek(file, 0, SEEK_SET); break;
  case 17: close(file); break;
  }
}
static const char *const names[] = {"read", "write", "readv", "writev", "pread", "pwrite", "preadv", "pwritev", "open", "openat", "opendir", "fsync", "msync",
    "getfd", "setlkw", "dup", "lseek", "close"};

static void *body(void *argument) {
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, 0);
  ready = 1;
  while (!asked) sched_yield();
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, 0);
  call(next);
  returned = 1;
  return 0;
}

int main(void) {
  file = open("/data/f", O_RDWR | O_CREAT, 0644);
  write(file, "contents", 8);
  page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  for (next = 0; next < (int)(sizeof names / sizeof *names); next++) {
    pthread_t thread;
    void *result;
    pipe(files);
    write(files[1], "abc", 3);
    ready = asked = returned = 0;
    pthread_create(&thread, 0, body, 0);
    while (!ready) sched_yield();
    pthread_cancel(thread);
    asked = 1;
    pthread_join(thread, &result);
    OBSERVE2(names[next], result == PTHREAD_CANCELED, returned);
    close(files[0]), close(files[1]);
  }
  OBSERVE_CALL("closed-file", fcntl(file, F_GETFD));
  return 0;
}
