/* Robust mutexes, attributes and named semaphores, where the system has them: error numbers by name. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

static const char *told(int error) {
  switch (error) {
  case 0: return "0";
  case EBUSY: return "EBUSY";
  case EDEADLK: return "EDEADLK";
  case EPERM: return "EPERM";
  case EINVAL: return "EINVAL";
  case EEXIST: return "EEXIST";
  case ENOENT: return "ENOENT";
  case ENAMETOOLONG: return "ENAMETOOLONG";
#ifdef EOWNERDEAD
  case EOWNERDEAD: return "EOWNERDEAD";
  case ENOTRECOVERABLE: return "ENOTRECOVERABLE";
#endif
  }
  return "another";
}

static pthread_mutex_t mutex;

static void *unlocks(void *argument) {
  *(int *)argument = pthread_mutex_unlock(&mutex);
  return NULL;
}
static void *ends(void *argument) {
  *(int *)argument = pthread_mutex_lock(&mutex);
  return NULL;
}
static int elsewhere(void *(*function)(void *)) {
  pthread_t thread;
  int result = -1;
  if (pthread_create(&thread, NULL, function, &result) == 0) pthread_join(thread, NULL);
  return result;
}

static void kind(const char *name, int type) {
  pthread_mutexattr_t attr;
  int first, again, other, back;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_settype(&attr, type);
  pthread_mutex_init(&mutex, &attr);
  pthread_mutexattr_destroy(&attr);
  first = pthread_mutex_lock(&mutex);
  again = pthread_mutex_lock(&mutex);
  other = elsewhere(unlocks);
  back = pthread_mutex_unlock(&mutex);
  printf("%s: %s %s %s", name, told(first), told(again), told(other));
  printf(" %s %s\n", told(back), told(pthread_mutex_unlock(&mutex)));
}

static void robust(void) {
#if !defined(__APPLE__)
  pthread_mutexattr_t attr;
  int value = -1;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_getrobust(&attr, &value);
  pthread_mutex_init(&mutex, &attr);
  printf("robust: %d %s", value, told(elsewhere(ends)));
  printf(" %s", told(pthread_mutex_lock(&mutex)));
  printf(" %s", told(pthread_mutex_consistent(&mutex)));
  printf(" %s", told(pthread_mutex_unlock(&mutex)));
  printf(" %s", told(elsewhere(ends)));
  printf(" %s", told(pthread_mutex_lock(&mutex)));
  printf(" %s", told(pthread_mutex_unlock(&mutex)));
  printf(" %s\n", told(pthread_mutex_lock(&mutex)));
#endif
}

static sem_t *opened(const char *name, int flags) {
  sem_t *semaphore = sem_open(name, flags, 0600, 1);
  if (semaphore == SEM_FAILED) printf(" %s", told(errno));
  else printf(" open");
  return semaphore;
}

static void named(void) {
  sem_t *one, *two;
  printf("named:");
  opened("/first", 0);
  one = opened("/first", O_CREAT | O_EXCL);
  opened("/first", O_CREAT | O_EXCL);
  two = opened("/first", 0);
  printf(" %s", one == two ? "same" : "another");
  printf(" %d", sem_wait(one));
  printf(" %s", told(sem_trywait(two) == -1 && errno != EAGAIN ? errno : 0));
  printf(" %d", sem_post(two));
  printf(" %d", sem_trywait(one));
  printf(" %d", sem_close(two));
  printf(" %d", sem_close(one));
  printf(" %s", told(sem_close(one) == -1 ? errno : 0));
  printf(" %d", sem_unlink("/first"));
  printf(" %s\n", told(sem_unlink("/first") == -1 ? errno : 0));
  printf("names:");
  opened("/a/b", O_CREAT);
  opened("/a-name-that-is-longer-than-others", O_CREAT);
  opened("no-slash", O_CREAT);
  printf("\n");
}

int main(void) {
  int shared = -1, protocol = -1;
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
  pthread_mutexattr_getpshared(&attr, &shared);
  pthread_mutexattr_getprotocol(&attr, &protocol);
  printf("attributes: %d %d\n", shared == PTHREAD_PROCESS_SHARED, protocol == PTHREAD_PRIO_INHERIT);
  kind("checking", PTHREAD_MUTEX_ERRORCHECK);
  kind("recursive", PTHREAD_MUTEX_RECURSIVE);
  robust();
  named();
  return 0;
}
