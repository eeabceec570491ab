_Thread_local int tl_data = 7; _Thread_local int tl_bss;
int shared_var = 42;
int lib_add(int a,int b){ return a+b+shared_var; }
int *lib_tls(void){ return &tl_data; }
__attribute__((weak)) int lib_weak(void){return 3;}
static volatile int inited;
__attribute__((constructor)) static void ctor(void){ inited=1; shared_var++; }
