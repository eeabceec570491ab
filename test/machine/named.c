/* Dies in code of which a symbol table says little: a weak function, a label of assembly without a type. */
int nameless(int *at);
static int *volatile nowhere = (int *)8;
__attribute__((noinline)) int before(int a) { return a + 1; }
__attribute__((weak, noinline)) int replaceable(int a) {
  *nowhere = a;
  return a;
}
int main(int argc, char **argv) {
  (void)argv;
  return argc > 1 ? nameless(nowhere) : replaceable(before(3));
}
