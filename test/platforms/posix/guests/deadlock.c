/* Two threads wait for each other. */
extern int pthread_mutex_lock(void *), pthread_mutex_init(void *, void *);
word m[8];
void *other(void *p) {
  pthread_mutex_lock(m);
  return 0;
}
int main() {
  pthread_t t;
  pthread_mutex_init(m, 0);
  pthread_mutex_lock(m);
  pthread_create(&t, 0, other, 0);
  pthread_join(t, 0);
  return 0;
}
