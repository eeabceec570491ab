//! platforms: w3i6mv w3i3mv=w3i6mv
/* Fibers and fiber-local storage: what the thread's block says on each fiber, and when callbacks are called. */
#include "last-error.h"

static LPVOID first, second, third;
static int order[32], count;
static DWORD slot, other;
static ULONG_PTR first_low, first_high;

static void note(int value) { order[count++] = value; }
static void noted(const char *name) {
  observe_text(name);
  for (int i = 0; i < count; i++) observe_number(order[i]);
  observe_end();
  count = 0;
}

static VOID WINAPI gone(PVOID data) { note((int)(ULONG_PTR)data); }

static VOID CALLBACK run(LPVOID parameter) {
  ULONG_PTR low, high;
  volatile double kept = 1.25;
  note((int)(ULONG_PTR)parameter);
  note(GetFiberData() == parameter);
  note(GetCurrentFiber() == second);
  note(FlsGetValue(slot) == 0);
  FlsSetValue(slot, (PVOID)(ULONG_PTR)77);
  GetCurrentThreadStackLimits(&low, &high);
  note(low != first_low && high != first_high);
  note((ULONG_PTR)&low > low && (ULONG_PTR)&low < high);
  note((ULONG_PTR)mpsemu_tib()->StackBase == high);
  note((ULONG_PTR)mpsemu_tib()->StackLimit > low && (ULONG_PTR)mpsemu_tib()->StackLimit < (ULONG_PTR)&low);
  for (int i = 0; i < 3; i++) {
    SwitchToFiber(first);
    note(100 + i);
    note(kept == 1.25);
    note((int)(ULONG_PTR)FlsGetValue(slot));
  }
  SwitchToFiber(first);
  for (;;) note(999);
}

static int deep(int depth) {
  volatile char room[3000];
  room[0] = (char)depth;
  return depth == 0 ? room[0] : deep(depth - 1) + room[0] - (char)depth;
}
static VOID CALLBACK dive(LPVOID parameter) {
  note(deep(100));
  SwitchToFiber(first);
}
static VOID CALLBACK ends(LPVOID parameter) { note(5); }

static DWORD WINAPI with_values(void *parameter) {
  FlsSetValue(slot, (PVOID)(ULONG_PTR)201);
  FlsSetValue(other, (PVOID)(ULONG_PTR)202);
  return 3;
}
static DWORD WINAPI fiber_returns(void *parameter) {
  ConvertThreadToFiber(0);
  SwitchToFiber(CreateFiber(0, ends, 0));
  return 9;
}
static DWORD WINAPI deletes_itself(void *parameter) {
  DeleteFiber(ConvertThreadToFiber(0));
  return 9;
}
static DWORD code(LPTHREAD_START_ROUTINE start) {
  DWORD result;
  HANDLE thread = CreateThread(0, 0, start, 0, 0, 0);
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &result);
  CloseHandle(thread);
  return result;
}

int main(void) {
  GetCurrentThreadStackLimits(&first_low, &first_high);
  OBSERVE("is-fiber", IsThreadAFiber());
  slot = FlsAlloc(gone);
  other = FlsAlloc(gone);
  OBSERVE("fls-alloc", slot != FLS_OUT_OF_INDEXES && other != slot);
  OBSERVE_BOOL("fls-set", FlsSetValue(slot, (PVOID)(ULONG_PTR)11));
  OBSERVE_ERROR("fls-get", (ULONG_PTR)FlsGetValue(slot));
  OBSERVE_ERROR("fls-get-unset", (ULONG_PTR)FlsGetValue(other));
  OBSERVE_ERROR("fls-get-0", (ULONG_PTR)FlsGetValue(0));
  OBSERVE_ERROR("fls-get-none", (ULONG_PTR)FlsGetValue(FLS_OUT_OF_INDEXES));
  OBSERVE_ERROR("fls-get-5000", (ULONG_PTR)FlsGetValue(5000));
  OBSERVE_BOOL("fls-set-0", FlsSetValue(0, &slot));
  OBSERVE_BOOL("fls-set-none", FlsSetValue(FLS_OUT_OF_INDEXES, &slot));
  OBSERVE_BOOL("fls-free-0", FlsFree(0));
  OBSERVE_BOOL("fls-free-unused", FlsFree(3000));
  OBSERVE_BOOL("fls-free-none", FlsFree(FLS_OUT_OF_INDEXES));
  OBSERVE_BOOL("convert", first = ConvertThreadToFiber((LPVOID)(ULONG_PTR)42));
  OBSERVE("is-fiber-now", IsThreadAFiber());
  OBSERVE("data", (ULONG_PTR)GetFiberData());
  OBSERVE("current", GetCurrentFiber() == first);
  OBSERVE_BOOL("convert-again", ConvertThreadToFiber(0));
  OBSERVE("fls-kept", (ULONG_PTR)FlsGetValue(slot));
  OBSERVE_BOOL("create", second = CreateFiber(0, run, (LPVOID)(ULONG_PTR)7));
  noted("not-yet");
  SwitchToFiber(second);
  noted("switched");
  OBSERVE("fls-of-first", (ULONG_PTR)FlsGetValue(slot));
  ULONG_PTR low, high;
  GetCurrentThreadStackLimits(&low, &high);
  OBSERVE("stack-of-first", low == first_low && high == first_high);
  for (int i = 0; i < 3; i++) SwitchToFiber(second);
  noted("back-and-forth");
  SwitchToFiber(second = CreateFiberEx(0x2000, 0x100000, FIBER_FLAG_FLOAT_SWITCH, dive, 0));
  noted("stack-grows");
  DeleteFiber(second);
  noted("deleted-without-values");
  third = CreateFiber(0, run, (LPVOID)(ULONG_PTR)8);
  SwitchToFiber(third);
  count = 0;
  DeleteFiber(third);
  noted("deleted");
  OBSERVE("thread", code(with_values));
  noted("thread.callbacks");
  OBSERVE("fiber-returns", code(fiber_returns));
  noted("fiber-returns.ran");
  OBSERVE("deletes-itself", code(deletes_itself));
  OBSERVE_BOOL("fls-free", FlsFree(slot));
  noted("fls-free.callbacks");
  OBSERVE_BOOL("fls-free-again", FlsFree(slot));
  OBSERVE("fls-get-freed", FlsGetValue(slot) == 0);
  OBSERVE_BOOL("convert-back", ConvertFiberToThread());
  OBSERVE("is-fiber-at-the-end", IsThreadAFiber());
  return 0;
}
