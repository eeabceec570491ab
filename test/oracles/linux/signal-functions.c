/* sigqueue, sigwaitinfo, sigtimedwait, tgkill, alarms and timers, clock_nanosleep as functions of the library. */
//! flags: -pthread
#include "../observe.h"
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t taken, code, value;

static void handler(int number, siginfo_t *info, void *context) {
  (void)context;
  taken = number, code = info->si_code, value = info->si_value.sival_int;
}

static void catch(int number, int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigaction(number, &action, 0);
}

static void queueing(void) {
  union sigval sent = {.sival_int = 42};
  catch (SIGUSR1, 0);
  OBSERVE_CALL("sigqueue", sigqueue(getpid(), SIGUSR1, sent));
  OBSERVE3("sigqueue.taken", taken, code, value);
  OBSERVE_CALL("sigqueue.zero", sigqueue(getpid(), 0, sent));
  OBSERVE_CALL("sigqueue.number", sigqueue(getpid(), 65, sent));
  OBSERVE_CALL("sigqueue.nobody", sigqueue(0x3fffffff, SIGUSR1, sent));
  OBSERVE2("realtime", SIGRTMIN, SIGRTMAX);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGRTMIN + 1);
  sigprocmask(SIG_BLOCK, &set, 0);
  for (int i = 1; i <= 3; i++) sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i});
  sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 10});
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  siginfo_t info;
  for (int i = 0; i < 5; i++) {
    char name[] = "sigwaitinfo.0";
    name[12] = (char)('0' + i);
    int number = sigwaitinfo(&set, &info);
    OBSERVE3(name, number, info.si_code, info.si_code == SI_QUEUE ? info.si_value.sival_int : info.si_pid == getpid());
  }
  struct timespec none = {0, 0}, wrong = {0, -1}, soon = {0, 1000000};
  OBSERVE_CALL("sigtimedwait.none", sigtimedwait(&set, &info, &none));
  OBSERVE_CALL("sigtimedwait.wrong", sigtimedwait(&set, &info, &wrong));
  OBSERVE_CALL("sigtimedwait.soon", sigtimedwait(&set, &info, &soon));
  OBSERVE_CALL("sigtimedwait.bad-set", sigtimedwait((sigset_t *)16, &info, &none));
  OBSERVE_CALL("tgkill", tgkill(getpid(), getpid(), SIGUSR1));
  OBSERVE_CALL("sigtimedwait.tgkill", sigtimedwait(&set, &info, &none));
  OBSERVE2("sigtimedwait.tgkill-code", info.si_code, info.si_pid == getpid());
  OBSERVE_CALL("tgkill.nobody", tgkill(getpid(), 0x3fffffff, SIGUSR1));
  OBSERVE_CALL("tgkill.zero", tgkill(getpid(), 0, SIGUSR1));
  OBSERVE_CALL("tgkill.no-process", tgkill(-1, getpid(), SIGUSR1));
  OBSERVE_CALL("tgkill.number", tgkill(getpid(), getpid(), 99));
  kill(getpid(), SIGUSR1);
  int number = 0;
  OBSERVE("sigwait", sigwait(&set, &number));
  OBSERVE("sigwait.number", number);
  sigset_t left, right, both;
  sigemptyset(&left), sigemptyset(&right);
  sigaddset(&left, 5), sigaddset(&right, 40);
  OBSERVE("sigorset", sigorset(&both, &left, &right));
  OBSERVE3("sigorset.members", sigismember(&both, 5), sigismember(&both, 40), sigismember(&both, 6));
  OBSERVE("sigandset", sigandset(&both, &left, &right));
  OBSERVE2("sigisemptyset", sigisemptyset(&both), sigisemptyset(&left));
}

static void timers(void) {
  catch (SIGALRM, 0);
  struct itimerval timer = {{0, 0}, {0, 2000}}, old;
  taken = 0;
  OBSERVE_CALL("setitimer", setitimer(ITIMER_REAL, &timer, 0));
  OBSERVE_CALL("pause", pause());
  OBSERVE("pause.taken", taken);
  OBSERVE_CALL("getitimer", getitimer(ITIMER_REAL, &old));
  OBSERVE2("getitimer.off", old.it_value.tv_sec, old.it_value.tv_usec);
  timer.it_value.tv_usec = 1000000;
  OBSERVE_CALL("setitimer.microseconds", setitimer(ITIMER_REAL, &timer, 0));
  OBSERVE_CALL("setitimer.which", setitimer(7, &(struct itimerval){{0, 0}, {0, 0}}, 0));
#if !defined(__i386__)
  /* There the library copies it. */
  OBSERVE_CALL("setitimer.bad", setitimer(ITIMER_REAL, (struct itimerval *)16, 0));
#endif
  OBSERVE("alarm.none-before", alarm(100));
  OBSERVE("alarm.before", alarm(7));
  OBSERVE("alarm.off", alarm(0));
  OBSERVE("alarm.was-off", alarm(0));
  struct timespec wrong = {0, 1000000000}, little = {0, 1000}, past = {0, 0}, rest = {77, 77};
  errno = 5;
  OBSERVE("clock_nanosleep", clock_nanosleep(CLOCK_MONOTONIC, 0, &little, &rest));
  OBSERVE("clock_nanosleep.wrong", clock_nanosleep(CLOCK_MONOTONIC, 0, &wrong, &rest));
  OBSERVE("clock_nanosleep.clock", clock_nanosleep(99, 0, &little, &rest));
  OBSERVE("clock_nanosleep.thread", clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &little, &rest));
  OBSERVE("clock_nanosleep.raw", clock_nanosleep(CLOCK_MONOTONIC_RAW, 0, &little, &rest));
  OBSERVE("clock_nanosleep.past", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &past, &rest));
#if !defined(__i386__)
  /* There the library copies it. */
  OBSERVE("clock_nanosleep.bad", clock_nanosleep(CLOCK_REALTIME, 0, (struct timespec *)16, &rest));
#endif
  OBSERVE2("clock_nanosleep.rest-kept", rest.tv_sec, rest.tv_nsec);
  OBSERVE("clock_nanosleep.errno-kept", errno);
  timer = (struct itimerval){{0, 0}, {0, 2000}};
  setitimer(ITIMER_REAL, &timer, 0);
  OBSERVE("clock_nanosleep.interrupted", clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){5, 0}, &rest));
  OBSERVE("clock_nanosleep.left", rest.tv_sec);
  catch (SIGALRM, SA_RESTART);
  timer = (struct itimerval){{0, 0}, {0, 2000}};
  setitimer(ITIMER_REAL, &timer, 0);
  OBSERVE("clock_nanosleep.no-restart", clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){5, 0}, &rest));
}

int main(void) {
  queueing();
  timers();
  return 0;
}
