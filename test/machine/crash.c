/* Dies at a known line of a function that another one called. */
static volatile int *volatile where;

__attribute__((noinline)) static int deep(int n) {
  if (n == 0)
    *where = 3; /* HERE */
  return n + 1;
}

__attribute__((noinline)) static int middle(int n) {
  return deep(n) * 3; /* FROM HERE */
}

int main(int argc, char **argv) {
  (void)argv;
  return middle(argc) + middle(0); /* AND FROM HERE */
}
