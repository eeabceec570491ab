__declspec(dllimport) extern int shared_var; __declspec(dllimport) int lib_add(int,int); __declspec(dllimport) int by_ordinal(void);
int _tls_index; __declspec(thread) int tl=5; 
#pragma section(".tls$",read,write)
char _tls_start __attribute__((section(".tls")))=0; char _tls_end __attribute__((section(".tls$ZZZ")))=0;
void __stdcall cb(void*a,unsigned b,void*c){ (void)a; }
typedef void (__stdcall *CB)(void*,unsigned,void*);
__attribute__((section(".CRT$XLA"))) CB __xl_a=0; __attribute__((section(".CRT$XLB"))) CB __xl_b=cb; __attribute__((section(".CRT$XLZ"))) CB __xl_z=0;
const struct { void*s,*e; int*i; CB*c; unsigned z,f; } _tls_used={&_tls_start,&_tls_end,&_tls_index,&__xl_a+1,16,0};
static int local; int *p=&local;
#ifdef __i386__
__asm__(".globl __tls_array\n.set __tls_array,0x2c");
#endif
int mainCRTStartup(void){ return lib_add(shared_var,tl)+by_ordinal()+*p; }
