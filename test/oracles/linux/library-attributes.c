//! flags: -pthread
/* Where a thread's stack lies and how large it is, as a collector asks: pthread_getattr_np, and what attributes default to. */
#include "observe.h"
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

static __thread int own[3];

static void describe(const char *name) {
  pthread_attr_t attr;
  void *base;
  size_t size, guard, alone;
  int state, local, r = pthread_getattr_np(pthread_self(), &attr);
  char text[64];
#define NAME(part) (strcpy(text, name), strcat(text, part))
  OBSERVE(NAME(".result"), r);
  pthread_attr_getstack(&attr, &base, &size);
  pthread_attr_getstacksize(&attr, &alone);
  pthread_attr_getguardsize(&attr, &guard);
  pthread_attr_getdetachstate(&attr, &state);
  char *low = base, *high = low + size;
  OBSERVE(NAME(".same-size"), size == alone);
  OBSERVE(NAME(".guard"), guard);
  OBSERVE(NAME(".detached"), state);
  OBSERVE(NAME(".local-inside"), (char *)&local >= low && (char *)&local < high);
  OBSERVE(NAME(".tls-inside"), (char *)own >= low && (char *)own < high);
  OBSERVE(NAME(".self-inside"), (char *)pthread_self() >= low && (char *)pthread_self() < high);
  OBSERVE(NAME(".aligned"), ((uintptr_t)low | (uintptr_t)high) % 4096);
  if (strcmp(name, "main")) OBSERVE(NAME(".size"), size);
  else OBSERVE(NAME(".size"), size > (8 << 20) - 65536 && size <= 8 << 20);
  pthread_attr_destroy(&attr);
}
static void *run(void *name) {
  describe(name);
  return 0;
}
static void make(const char *name, pthread_attr_t *attr) {
  pthread_t t;
  int state = 0;
  pthread_create(&t, attr, run, (void *)name);
  pthread_join(t, 0);
}

int main(void) {
  pthread_attr_t attr;
  size_t size;
  int state;
  void *base;
  describe("main");
  make("default", 0);
  pthread_attr_init(&attr);
  pthread_attr_getstacksize(&attr, &size);
  OBSERVE("init.stacksize", size);
  pthread_attr_getguardsize(&attr, &size);
  OBSERVE("init.guardsize", size);
  pthread_attr_getdetachstate(&attr, &state);
  OBSERVE("init.detachstate", state);
  OBSERVE("stacksize.small", pthread_attr_setstacksize(&attr, 1000));
  OBSERVE("stacksize.minimum", pthread_attr_setstacksize(&attr, sysconf(75)));
  OBSERVE("stacksize.below-minimum", pthread_attr_setstacksize(&attr, 16383));
  OBSERVE("stacksize.odd", pthread_attr_setstacksize(&attr, 200001));
  OBSERVE("stack.small", pthread_attr_setstack(&attr, (void *)4096, 1000));
  OBSERVE("detachstate.bad", pthread_attr_setdetachstate(&attr, 7));
  pthread_attr_setstacksize(&attr, 1 << 20);
  make("megabyte", &attr);
  pthread_attr_setguardsize(&attr, 0);
  make("no-guard", &attr);
  pthread_attr_setguardsize(&attr, 1);
  make("guard-1", &attr);
  pthread_attr_setguardsize(&attr, 131072);
  make("guard-131072", &attr);
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 200001);
  make("odd-size", &attr);
  pthread_attr_init(&attr);
  char *given = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  OBSERVE("stack.set", pthread_attr_setstack(&attr, given, 1 << 20));
  pthread_attr_getstack(&attr, &base, &size);
  OBSERVE2("stack.get", (char *)base - given, size);
  make("given", &attr);
  return 0;
}
