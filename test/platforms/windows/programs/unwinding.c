/* longjmp leaves frames that have __finally blocks, and is met while they run. */
#include <setjmp.h>
#include <stdio.h>
#include <windows.h>

#define OUT_OF_LINE __attribute__((noinline))

static jmp_buf out;
static volatile int finals;

static OUT_OF_LINE void raise(DWORD code) { RaiseException(code, 0, 0, 0); }
static OUT_OF_LINE void fault(volatile int *p) { *p = 1; }

static OUT_OF_LINE void leave(int code) {
  __try {
    longjmp(out, code);
  } __finally {
    finals = finals * 10 + 1 + AbnormalTermination();
  }
}

static OUT_OF_LINE void leave_two(void) {
  __try {
    leave(5);
  } __finally {
    finals = finals * 10 + 3;
  }
}

/* The __finally block of an unwinding leaves by itself. */
static OUT_OF_LINE void collide(void) {
  __try {
    __try {
      raise(0xE0000001);
    } __finally {
      finals = finals * 10 + 4;
      longjmp(out, 6);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    finals = finals * 10 + 9;
  }
}

static LONG NTAPI leaving(EXCEPTION_POINTERS *pointers) { longjmp(out, (int)(pointers->ExceptionRecord->ExceptionCode & 0xff)); }

static OUT_OF_LINE void fault_within(void) {
  __try {
    fault(0);
  } __finally {
    finals = finals * 10 + 5;
  }
}

/* Half the floating-point registers are the callee's, on x86-64. */
static OUT_OF_LINE double kept(double x) {
  volatile double y = x;
  __try {
    raise(0xE0000002);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    y += 1;
  }
  return y;
}

static OUT_OF_LINE void deep(int depth) {
  volatile char room[512];
  room[0] = 1;
  if (depth > 0) deep(depth - 1);
  else longjmp(out, 8);
  room[1] = room[0];
}

int main(void) {
  int value;
  if ((value = setjmp(out)) == 0) leave_two();
  printf("longjmp %d, final blocks %d\n", value, finals), finals = 0;
  if ((value = setjmp(out)) == 0) collide();
  printf("longjmp %d, final blocks %d\n", value, finals > 4), finals = 0;
  PVOID handler = AddVectoredExceptionHandler(1, leaving);
  if ((value = setjmp(out)) == 0) fault_within();
  printf("longjmp %d, final blocks %d\n", value, finals), finals = 0;
  RemoveVectoredExceptionHandler(handler);
  if ((value = setjmp(out)) == 0) deep(50);
  printf("longjmp %d\n", value);
  printf("kept %g\n", kept(1.5) + kept(2.5));
  for (int i = 0; i < 1000; i++)
    if (setjmp(out) == 0) leave(1);
  printf("a thousand times\n");
  return 0;
}
