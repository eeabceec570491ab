/* The first thread ends before the other. */
void *other(void *p) {
  sched_yield();
  return 0;
}
int main() {
  pthread_t t;
  pthread_create(&t, 0, other, 0);
  pthread_exit(0);
}
