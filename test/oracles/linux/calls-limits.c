//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
/* The time that select and its kin leave, prctl and seccomp, RLIMIT_AS and RLIMIT_DATA. */
#include "../observe.h"
#include <sys/select.h>
#include <sys/resource.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <stdlib.h>
static void alarmed(int n) {
}

static void selects(void) {
  int p[2];
  pipe(p);
  fd_set s;
  struct timeval t = {0, 20000};
  FD_ZERO(&s);
  FD_SET(p[0], &s);
  OBSERVE_CALL("select.timeout", select(p[0] + 1, &s, 0, 0, &t));
  OBSERVE2("select.left", t.tv_sec, t.tv_usec);
  write(p[1],"a", 1);
  t.tv_sec = 5;
  t.tv_usec = 0;
  FD_SET(p[0], &s);
  OBSERVE_CALL("select.ready", select(p[0] + 1, &s, 0, 0, &t));
  OBSERVE2("select.left-much", t.tv_sec>=4, t.tv_usec>=0);
  t.tv_sec = 0;
  t.tv_usec = 0;
  OBSERVE_CALL("select.zero", select(p[0] + 1, &s, 0, 0, &t));
  t.tv_sec = 1;
  t.tv_usec = 2500000;
  FD_ZERO(&s);
  FD_SET(p[0], &s);
  OBSERVE_CALL("select.large-usec", select(p[0] + 1, &s, 0, 0, &t));
  OBSERVE("select.left-normal", t.tv_usec<1000000);
  t.tv_sec = -1;
  t.tv_usec = 0;
  OBSERVE_CALL("select.negative", select(p[0] + 1, &s, 0, 0, &t));
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = alarmed;
  sigaction(SIGALRM, &a, 0);
  timer_t id;
  struct sigevent ev;
  memset(&ev, 0, sizeof ev);
  ev.sigev_notify = SIGEV_SIGNAL;
  ev.sigev_signo = SIGALRM;
  timer_create(CLOCK_MONOTONIC, &ev, &id);
  struct itimerspec it = {{
      0, 0}, {
      0, 20000000}};
  timer_settime(id, 0, &it, 0);
  char c;
  read(p[0], &c, 1);
  FD_ZERO(&s);
  FD_SET(p[0], &s);
  t.tv_sec = 10;
  t.tv_usec = 0;
  OBSERVE_CALL("select.interrupted", select(p[0] + 1, &s, 0, 0, &t));
  OBSERVE("select.left-interrupted", t.tv_sec==9);
  struct timespec ts = {10, 0};
  timer_settime(id, 0, &it, 0);
  OBSERVE_CALL("pselect.interrupted", syscall(SYS_pselect6, p[0]+1, &s, 0, 0, &ts, 0));
  OBSERVE("pselect.left", ts.tv_sec==9);
  struct {
    int fd;
    short events, revents;
  } pf = {p[0], 1, 0};
  ts.tv_sec = 10;
  ts.tv_nsec = 0;
  timer_settime(id, 0, &it, 0);
  OBSERVE_CALL("ppoll.interrupted", syscall(SYS_ppoll, &pf, 1, &ts, 0, 8));
  OBSERVE("ppoll.left", ts.tv_sec==9);
  struct timespec ro = {0, 1000};
  struct timespec *rp = mmap(0, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);
  *rp = ro;
  mprotect(rp, 4096, PROT_READ);
  FD_ZERO(&s);
  FD_SET(p[0], &s);
  OBSERVE_CALL("select.read-only-time", syscall(SYS_pselect6, p[0] + 1, &s, 0, 0, rp, 0));
}

static void prctls(void) {
  static const int each[] = {1, 2, 3, 4, 7, 8, 9, 10, 13, 14, 16, 21, 22, 25, 26, 29, 30, 31, 32, 33, 34, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 50, 51, 60, 62, 64, 65, 66, 67, 68, 69, 70, 71, 1000};
  char n[32];
  for(unsigned i = 0;i<sizeof each/sizeof*each;i++) {
    char*q = n;
    const char*w="prctl.";
    while(*w)*q++=*w++;
    int v = each[i];
    if(v>=1000)*q++='0'+v/1000;
    if(v>=100)*q++='0'+v/100%10;
    if(v>=10)*q++='0'+v/10%10;
    *q++='0'+v%10;
    *q = 0;
    if(each[i]==40||each[i]==9||each[i]==2||each[i]==25||each[i]==37||each[i]==19||each[i]==16) continue;
    OBSERVE_CALL(n, syscall(SYS_prctl, each[i], 0, 0, 0, 0));
  }
  OBSERVE_CALL("thp.set", prctl(41, 1, 0, 0, 0));
  OBSERVE_CALL("thp.get", prctl(42, 0, 0, 0, 0));
  OBSERVE_CALL("thp.clear", prctl(41, 0, 0, 0, 0));
  OBSERVE_CALL("thp.bad", prctl(41, 0, 7, 0, 0));
  OBSERVE_CALL("thp.get2", prctl(42, 0, 0, 0, 0));
  OBSERVE_CALL("thp.get-bad", prctl(42, 1, 0, 0, 0));
  OBSERVE_CALL("slack.set", prctl(29, 1234, 0, 0, 0));
  OBSERVE_CALL("slack.get", prctl(30, 0, 0, 0, 0));
  OBSERVE_CALL("slack.reset", prctl(29, 0, 0, 0, 0));
  OBSERVE_CALL("slack.get2", prctl(30, 0, 0, 0, 0));
  OBSERVE_CALL("pdeath.set", prctl(1, 9, 0, 0, 0));
  int x = 77;
  OBSERVE_CALL("pdeath.get", prctl(2, &x, 0, 0, 0));
  OBSERVE("pdeath", x);
  OBSERVE_CALL("pdeath.bad", prctl(1, 65, 0, 0, 0));
  OBSERVE_CALL("pdeath.badp", prctl(2, 8, 0, 0, 0));
  OBSERVE_CALL("reaper.set", prctl(36, 1, 0, 0, 0));
  OBSERVE_CALL("reaper.get", prctl(37, &x, 0, 0, 0));
  OBSERVE("reaper", x);
  OBSERVE_CALL("mce.get", prctl(34, 0, 0, 0, 0));
  OBSERVE_CALL("seccomp.get", prctl(21, 0, 0, 0, 0));
  OBSERVE_CALL("seccomp.bad", prctl(22, 5, 0, 0, 0));
  OBSERVE_CALL("seccomp.nofilter", prctl(22, 2, 8, 0, 0));
  OBSERVE_CALL("seccomp.call-bad", syscall(SYS_seccomp, 77, 0, 0));
  OBSERVE_CALL("seccomp.call-flags", syscall(SYS_seccomp, 0, 1, 0));
  OBSERVE_CALL("seccomp.call-arg", syscall(SYS_seccomp, 0, 0, 1));
  OBSERVE_CALL("seccomp.avail", syscall(SYS_seccomp, 2, 0, &(unsigned) {0x7fff0000}));
  OBSERVE_CALL("seccomp.avail-bad", syscall(SYS_seccomp, 2, 0, &(unsigned) {0x12340000}));
  OBSERVE_CALL("name.set", prctl(15,"abcdefghijklmnopqrs", 0, 0, 0));
  char b[17] = {0};
  OBSERVE_CALL("name.get", prctl(16, b, 0, 0, 0));
  OBSERVE_TEXT("name", b);
}

static void limits(void) {
  struct rlimit r = {200<<20, RLIM_INFINITY}, o;
  getrlimit(RLIMIT_AS, &o);
  setrlimit(RLIMIT_AS, &r);
  int n = 0;
  void*last = 0;
  for(;n<100;n++) {
    void*q = mmap(0, 16<<20, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);
    if(q==MAP_FAILED)break;
    last = q;
  }
  OBSERVE("as.maps-of-16M", n);
  OBSERVE_CALL("as.none", mmap(0, 300<<20, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0)==MAP_FAILED?-1:0);
  OBSERVE_CALL("as.mremap", syscall(SYS_mremap, last, 16<<20, 64<<20, 1)==-1?-1:0);
  OBSERVE_CALL("as.fixed-over", mmap(last, 16<<20, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)==last?0:-1);
  OBSERVE("as.malloc", malloc(64<<20)==0);
  OBSERVE_CALL("as.brk", sbrk(64<<20)==(void*)-1?-1:0);
  munmap(last, 16<<20);
  OBSERVE_CALL("as.again", mmap(0, 16<<20, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)==MAP_FAILED?-1:0);
  setrlimit(RLIMIT_AS, &o);
  r.rlim_cur = 64<<20;
  setrlimit(RLIMIT_DATA, &r);
  OBSERVE_CALL("data.private", mmap(0, 80<<20, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)==MAP_FAILED?-1:0);
  OBSERVE_CALL("data.read-only", (last = mmap(0, 80<<20, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0))==MAP_FAILED?-1:0);
  OBSERVE_CALL("data.protect", mprotect(last, 80<<20, PROT_READ|PROT_WRITE));
  OBSERVE_CALL("data.shared", mmap(0, 80<<20, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0)==MAP_FAILED?-1:0);
  OBSERVE_CALL("data.brk", sbrk(80<<20)==(void*)-1?-1:0);
}

int main(void) {
  selects();
  prctls();
  limits();
  return 0;
}
