extern int shared_var; extern int lib_add(int,int); extern int *lib_tls(void); extern _Thread_local int tl_data;
extern int lib_weak(void) __attribute__((weak_import));
_Thread_local int own_tls=5; _Thread_local long own_bss[4];
static volatile int local=9; int *pointers[]={(int *)&local,&shared_var}; int *const cp=&shared_var; int (*fn)(int,int)=lib_add;
__attribute__((constructor)) static void ctor(void){ local++; }
int main(int argc,char**argv){ if(lib_weak) lib_weak(); own_bss[1]=argc; return fn(own_tls,(int)own_bss[1])+*lib_tls()+tl_data+*pointers[0]+*pointers[1]+*cp; }
