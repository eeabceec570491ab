//! platforms: w3i6mv w3i3mv=w3i6mv
/* Modules and the addresses in them: what a function's address, an exception's and a waiting thread's are. */
#include "last-error.h"
#include <stdlib.h>

static HANDLE ready, go;
static PVOID raised_at, context_at;

static LONG NTAPI handler(EXCEPTION_POINTERS *e) {
  raised_at = e->ExceptionRecord->ExceptionAddress;
#ifdef _WIN64
  context_at = (PVOID)e->ContextRecord->Rip;
#else
  context_at = (PVOID)e->ContextRecord->Eip;
#endif
  return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD WINAPI waits(void *parameter) {
  SetEvent(ready);
  WaitForSingleObject(go, INFINITE);
  return 0;
}

static void where(const char *name, const void *address) {
  MEMORY_BASIC_INFORMATION m;
  VirtualQuery(address, &m, sizeof m);
  observe_text(name);
  observe_number(m.State), observe_number(m.Type), observe_number(m.Protect), observe_number(m.AllocationProtect);
  observe_number(*(short *)m.AllocationBase == 0x5a4d);
  observe_end();
}

static int ends_with(const char *path, const char *name) {
  size_t a = strlen(path), b = strlen(name);
  return a >= b && strcmp(path + a - b, name) == 0;
}

int main(void) {
  HMODULE self = GetModuleHandleA(0), kernel = GetModuleHandleA("kernel32.dll"), found = 0;
  char path[300];
  FARPROC wait = GetProcAddress(kernel, "WaitForSingleObject");
  OBSERVE("handle.kernel32", kernel != 0);
  OBSERVE("handle.without-suffix", GetModuleHandleA("kernel32") == kernel);
  OBSERVE("handle.upper-case", GetModuleHandleA("KERNEL32.DLL") == kernel);
  OBSERVE("handle.wide", GetModuleHandleW(L"kernel32.dll") == kernel);
  OBSERVE("handle.ntdll", GetModuleHandleA("ntdll.dll") != 0);
  OBSERVE("handle.kernelbase", GetModuleHandleA("kernelbase.dll") != 0);
  OBSERVE_BOOL("handle.none", GetModuleHandleA("nothing.dll"));
  OBSERVE_BOOL("load.none", LoadLibraryA("nothing-of-that-name.dll"));
  OBSERVE("load.loaded", LoadLibraryA("kernel32.dll") == kernel);
  OBSERVE_BOOL("free", FreeLibrary(kernel));
  OBSERVE_BOOL("free.bad", FreeLibrary((HMODULE)0x12340000));
  OBSERVE("procedure", wait != 0);
  OBSERVE_BOOL("procedure.none", GetProcAddress(kernel, "NoFunctionIsCalledThis"));
  OBSERVE_BOOL("procedure.no-module", GetProcAddress((HMODULE)0x12340000, "Sleep"));
  where("procedure.where", wait);
  where("procedure.ntdll", GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtContinue"));
  where("procedure.own-library", (void *)GetProcAddress(GetModuleHandleA("ucrtbase.dll"), "malloc"));
  OBSERVE("procedure.readable", *(unsigned char *)wait != 0);
  OBSERVE_BOOL("from-address", GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)wait, &found));
  OBSERVE("from-address.found", found == kernel);
  OBSERVE_BOOL("from-address.own", GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, (LPCSTR)waits, &found));
  OBSERVE("from-address.own-found", found == self);
  OBSERVE_BOOL("from-address.stack", GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)&found, &found));
  OBSERVE("from-address.stack-found", found == 0);
  OBSERVE_BOOL("handle-ex.name", GetModuleHandleExA(0, "kernel32.dll", &found));
  OBSERVE("handle-ex.name-found", found == kernel);
  OBSERVE_BOOL("handle-ex.self", GetModuleHandleExA(0, 0, &found));
  OBSERVE("handle-ex.self-found", found == self);
  OBSERVE_BOOL("handle-ex.none", GetModuleHandleExA(0, "nothing.dll", &found));
  OBSERVE_BOOL("handle-ex.flags", GetModuleHandleExA(3, "kernel32.dll", &found));
  OBSERVE_BOOL("handle-ex.no-place", GetModuleHandleExA(0, "kernel32.dll", 0));
  OBSERVE("file-name.self", ends_with((GetModuleFileNameA(0, path, sizeof path), path), ".exe"));
  OBSERVE("file-name.kernel32", GetModuleFileNameA(kernel, path, sizeof path) == strlen("C:\\Windows\\System32\\kernel32.dll"));
  OBSERVE_BOOL("file-name.none", GetModuleFileNameA((HMODULE)0x12340000, path, sizeof path));
  OBSERVE_ERROR("file-name.short", GetModuleFileNameA(kernel, path, 8));
  OBSERVE("file-name.short-is-ended", strlen(path));
  OBSERVE("header.self", *(short *)self == 0x5a4d);
  PVOID base = 0;
  OBSERVE("pc-to-header", RtlPcToFileHeader((PVOID)waits, &base) == (PVOID)self && base == (PVOID)self);
  OBSERVE("pc-to-header.stack", RtlPcToFileHeader(&base, &base) == 0);
  AddVectoredExceptionHandler(1, handler);
  RaiseException(0xE0000001, 0, 0, 0);
  where("raise.address", raised_at);
  OBSERVE("raise.context", context_at == raised_at);
  HMODULE raiser = 0;
  GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)raised_at, &raiser);
  OBSERVE("raise.in-kernelbase", raiser == GetModuleHandleA("kernelbase.dll"));
  char *raise = (char *)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "RaiseException");
  OBSERVE("raise.within", (char *)raised_at > raise && (char *)raised_at < raise + 0x400);
  ready = CreateEventA(0, 0, 0, 0), go = CreateEventA(0, 0, 0, 0);
  HANDLE thread = CreateThread(0, 0, waits, 0, 0, 0);
  WaitForSingleObject(ready, INFINITE);
  Sleep(20);
  SuspendThread(thread);
  CONTEXT context;
  context.ContextFlags = CONTEXT_CONTROL;
  GetThreadContext(thread, &context);
#ifdef _WIN64
  PVOID pc = (PVOID)context.Rip;
#else
  PVOID pc = (PVOID)context.Eip;
#endif
  where("blocked.pc", pc);
  OBSERVE_BOOL("blocked.module", GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)pc, &found));
  OBSERVE("blocked.not-own", found != self);
  ResumeThread(thread);
  SetEvent(go);
  WaitForSingleObject(thread, INFINITE);
  return 0;
}
