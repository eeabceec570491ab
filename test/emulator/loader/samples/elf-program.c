/* One of each kind of relocation that a program can hold: own data, a library's data (copied into non-PIC programs),
   a library's function, weak absent symbols, thread-local variables of its own and of a library. */
extern int shared_var;
extern int lib_add(int, int);
extern int *lib_tls(void);
extern __thread int tl_data;
extern int absent(void) __attribute__((weak));
__thread int own_tls = 5;
__thread long own_bss[4];
static volatile int local = 9;
int *pointers[] = {(int *)&local, &shared_var};
int (*fn)(int, int) = lib_add;
__attribute__((constructor)) static void ctor(void) { local++; }
int main(int argc, char **argv) {
  if (absent) return absent();
  own_bss[1] = argc;
  return fn(own_tls, (int)own_bss[1]) + *lib_tls() + tl_data + shared_var + *pointers[0] + *pointers[1];
}
void _start(void) { main(0, 0); for (;;); }
