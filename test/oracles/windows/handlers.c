//! platforms: w3i6mv w3i3mv=w3i6mv
/* Handlers that change their lists, exceptions in handlers, in filters, in asynchronous calls; leaving __try by every way. */
#include "last-error.h"

#define NI __attribute__((noinline))
#ifdef _WIN64
#define PC Rip
#define SP Rsp
#define RESULT Rax
#else
#define PC Eip
#define SP Esp
#define RESULT Eax
#endif

static int trail[64], n;
static void mark(int m) {
  if (n < 64) trail[n++] = m;
}
static void show(const char *name) {
  observe_text(name);
  for (int i = 0; i < n; i++) observe_number(trail[i]);
  observe_end();
  n = 0;
}
static NI void raise(DWORD code) { RaiseException(code, 0, 0, 0); }
static NI void raise_final(DWORD code) { RaiseException(code, EXCEPTION_NONCONTINUABLE, 0, 0); }
static NI int read(volatile int *place) { return *place; }

static PVOID one, two, three;
static LONG NTAPI passes(EXCEPTION_POINTERS *p) {
  mark(1);
  return EXCEPTION_CONTINUE_SEARCH;
}
static LONG NTAPI removes_itself(EXCEPTION_POINTERS *p) {
  mark(2);
  mark(10 + RemoveVectoredExceptionHandler(two));
  return EXCEPTION_CONTINUE_SEARCH;
}
static LONG NTAPI removes_next(EXCEPTION_POINTERS *p) {
  mark(3);
  if (three) RemoveVectoredExceptionHandler(three);
  three = 0;
  return EXCEPTION_CONTINUE_SEARCH;
}
static LONG NTAPI goes_on(EXCEPTION_POINTERS *p) {
  mark(4);
  return EXCEPTION_CONTINUE_EXECUTION;
}
static LONG NTAPI raises(EXCEPTION_POINTERS *p) {
  mark((p->ExceptionRecord->ExceptionCode & 0xf) + 50);
  if ((p->ExceptionRecord->ExceptionCode & 0xf) == 1) {
    __try {
      raise(0xE0000002);
    } __except (1) {
      mark(60);
    }
  }
  return EXCEPTION_CONTINUE_SEARCH;
}
static LONG NTAPI adds(EXCEPTION_POINTERS *p) {
  mark(5);
  if (!three) three = AddVectoredExceptionHandler(0, passes);
  return EXCEPTION_CONTINUE_SEARCH;
}
static LONG NTAPI returns_1(EXCEPTION_POINTERS *p) {
  mark(6);
  return EXCEPTION_EXECUTE_HANDLER;
}
static LONG NTAPI last_words(EXCEPTION_POINTERS *p) {
  mark(7);
  return EXCEPTION_CONTINUE_SEARCH;
}

static NI void caught(DWORD code) {
  __try {
    raise(code);
    mark(30);
  } __except (mark(31), EXCEPTION_EXECUTE_HANDLER) {
    mark(32);
  }
}

static void vectored(void) {
  one = AddVectoredExceptionHandler(0, passes), two = AddVectoredExceptionHandler(0, removes_itself);
  caught(0xE0000003), show("vectored.removes-itself");
  caught(0xE0000003), show("vectored.removed");
  OBSERVE("vectored.removed-again", RemoveVectoredExceptionHandler(two));
  RemoveVectoredExceptionHandler(one);
  two = AddVectoredExceptionHandler(0, removes_next), three = AddVectoredExceptionHandler(0, passes);
  caught(0xE0000003), show("vectored.removes-the-next");
  RemoveVectoredExceptionHandler(two);
  two = AddVectoredExceptionHandler(0, adds);
  caught(0xE0000003), show("vectored.adds-one");
  caught(0xE0000003), show("vectored.added");
  RemoveVectoredExceptionHandler(three), RemoveVectoredExceptionHandler(two);
  two = AddVectoredExceptionHandler(1, goes_on), one = AddVectoredExceptionHandler(1, passes);
  caught(0xE0000003), show("vectored.goes-on");
  three = AddVectoredContinueHandler(1, last_words);
  caught(0xE0000003), show("vectored.continue-handler");
  RemoveVectoredContinueHandler(three), RemoveVectoredExceptionHandler(two), RemoveVectoredExceptionHandler(one);
  one = AddVectoredExceptionHandler(1, returns_1);
  caught(0xE0000003), show("vectored.execute-is-search");
  RemoveVectoredExceptionHandler(one);
  one = AddVectoredExceptionHandler(1, raises);
  caught(0xE0000001), show("vectored.raises");
  RemoveVectoredExceptionHandler(one);
  one = AddVectoredExceptionHandler(1, passes), two = AddVectoredExceptionHandler(1, passes);
  OBSERVE("vectored.twice-the-same", one != two);
  caught(0xE0000003), show("vectored.twice-called");
  RemoveVectoredExceptionHandler(one), RemoveVectoredExceptionHandler(two);
}

static NI int returns_from_try(void) {
  __try {
    mark(1);
    return 5;
  } __finally {
    mark(2 + AbnormalTermination());
  }
  return 6;
}
static NI void breaks_out(void) {
  for (int i = 0; i < 3; i++) {
    __try {
      if (i == 1) break;
      if (i == 0) continue;
    } __finally {
      mark(10 + i);
    }
  }
  mark(20);
}
static NI void finally_in_finally(void) {
  __try {
    __try {
      __try {
        raise(0xE0000001);
      } __finally {
        mark(1);
        __try {
          raise(0xE0000002);
        } __except (1) {
          mark(2);
        }
        mark(3);
      }
    } __finally {
      mark(4);
    }
  } __except (mark(GetExceptionCode() & 15), 1) {
    mark(5);
  }
}
static NI int deep(int depth) {
  int result = 0;
  __try {
    if (depth == 0) raise(0xE0000001);
    else result = deep(depth - 1);
  } __finally {
    mark(depth);
  }
  return result;
}
static NI void ten_deep(void) {
  __try {
    deep(10);
  } __except (mark(77), 1) {
    mark(78);
  }
}
static NI void in_a_loop(void) {
  int times = 0;
  for (int i = 0; i < 100; i++) {
    __try {
      read(0);
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
      times++;
    }
  }
  mark(times);
}
static NI int repairs(EXCEPTION_POINTERS *p, void *page) {
  DWORD old;
  mark((int)p->ExceptionRecord->ExceptionInformation[0]);
  mark(p->ExceptionRecord->ExceptionInformation[1] == (ULONG_PTR)page + 8);
  VirtualProtect(page, 4096, PAGE_READWRITE, &old);
  return EXCEPTION_CONTINUE_EXECUTION;
}
static NI void write(volatile int *place) { *place = 5; }
static NI void repaired(void) {
  int *page = VirtualAlloc(0, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  __try {
    write(page + 2);
    mark(page[2]);
  } __except (repairs(GetExceptionInformation(), page)) {
    mark(9);
  }
}
static NI LONG records(EXCEPTION_POINTERS *p) {
  EXCEPTION_RECORD *r = p->ExceptionRecord;
  mark(r->ExceptionCode == STATUS_NONCONTINUABLE_EXCEPTION);
  mark(r->ExceptionFlags & 1);
  mark(r->ExceptionRecord != 0);
  if (r->ExceptionRecord) mark(r->ExceptionRecord->ExceptionCode & 15);
  return EXCEPTION_EXECUTE_HANDLER;
}
static NI void continues_what_it_must_not(void) {
  __try {
    __try {
      raise_final(0xE0000003);
      mark(98);
    } __except (GetExceptionCode() == 0xE0000003 ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH) {
      mark(99);
    }
  } __except (records(GetExceptionInformation())) {
    mark(40);
  }
}
static NI LONG counts(EXCEPTION_POINTERS *p) {
  mark(p->ExceptionRecord->NumberParameters);
  for (DWORD i = 0; i < p->ExceptionRecord->NumberParameters; i++) mark((int)p->ExceptionRecord->ExceptionInformation[i]);
  mark(p->ExceptionRecord->ExceptionFlags);
  return 1;
}
static NI void arguments(DWORD count, DWORD flags) {
  ULONG_PTR given[20];
  for (int i = 0; i < 20; i++) given[i] = 100 + i;
  __try {
    RaiseException(0xE0000001, flags, count, count == 19 ? 0 : given);
  } __except (counts(GetExceptionInformation())) {
    mark(1);
  }
}
static NI void unwinds_by_hand(void) {
  HMODULE ntdll = GetModuleHandleA("ntdll.dll");
  VOID (NTAPI *restore)(PCONTEXT, PEXCEPTION_RECORD) = (void *)GetProcAddress(ntdll, "RtlRestoreContext");
  NTSTATUS (NTAPI *resume)(PCONTEXT, BOOLEAN) = (void *)GetProcAddress(ntdll, "NtContinue");
  volatile int stage = 0;
  CONTEXT context;
  RtlCaptureContext(&context);
  mark(++stage);
  if (stage == 1) restore(&context, 0);
  RtlCaptureContext(&context);
  mark(++stage);
  if (stage == 3) resume(&context, FALSE);
}

static VOID NTAPI faulting_apc(ULONG_PTR data) {
  mark(1);
  __try {
    read(0);
  } __except (mark(2), 1) {
    mark(3);
  }
}
static VOID NTAPI raising_apc(ULONG_PTR data) {
  mark(4);
  raise(0xE0000005);
  mark(5);
}
static NI void apcs(void) {
  QueueUserAPC(faulting_apc, GetCurrentThread(), 0);
  mark(SleepEx(0, TRUE));
  show("apc.catches-its-own");
  PVOID handler = AddVectoredExceptionHandler(1, goes_on);
  QueueUserAPC(raising_apc, GetCurrentThread(), 0);
  mark(SleepEx(0, TRUE));
  RemoveVectoredExceptionHandler(handler);
  show("apc.raises");
}
static NI void leaving(void) {
  OBSERVE("try.return", returns_from_try());
  show("try.return-runs");
  breaks_out(), show("try.break");
  finally_in_finally(), show("finally.catches");
  ten_deep(), show("deep");
  in_a_loop(), show("loop");
  repaired(), show("filter.repairs");
  continues_what_it_must_not(), show("noncontinuable.continued");
  arguments(0, 0), show("arguments.none");
  arguments(3, 0), show("arguments.3");
  arguments(15, 0), show("arguments.15");
  arguments(19, 0), show("arguments.null");
  arguments(1, EXCEPTION_NONCONTINUABLE), show("flags.noncontinuable");
  arguments(1, 0x1E), show("flags.others");
  unwinds_by_hand(), show("restore-and-continue");
}

int main(void) {
  vectored();
  leaving();
  apcs();
  return 0;
}
