__declspec(dllexport) int shared_var=42;
__declspec(dllexport) int lib_add(int a,int b){return a+b+shared_var;}
int by_ordinal(void){return 1;}
int __stdcall DllMain(void*a,unsigned b,void*c){return 1;}
