/* setjmp in a function that has __try itself: longjmp comes back to the level of the call, by the blocks that are left. */
#include <setjmp.h>
#include <stdio.h>
#include <windows.h>

#define NI __attribute__((noinline))

static jmp_buf buffer;
static int trail[32], n;

static void mark(int m) { trail[n++] = m; }
static void show(const char *name) {
  printf("%s", name);
  for (int i = 0; i < n; i++) printf(" %d", trail[i]);
  printf("\n");
  n = 0;
}
static NI void raise(DWORD code) { RaiseException(code, 0, 0, 0); }
static NI void jump(int value) { longjmp(buffer, value); }

static NI int jumps_from_finally(void) {
  if (setjmp(buffer)) return mark(3), 1;
  __try {
    __try {
      raise(0xE0000001);
    } __finally {
      mark(1);
      longjmp(buffer, 1);
    }
  } __except (mark(2), 1) {
    mark(9);
  }
  return 0;
}
static NI void jumps_from_filter(void) {
  if (setjmp(buffer)) {
    mark(4);
    return;
  }
  __try {
    __try {
      raise(0xE0000001);
    } __finally {
      mark(1);
    }
  } __except (mark(2), longjmp(buffer, 1), 1) {
    mark(9);
  }
}
static NI void jumps_from_handler(void) {
  if (setjmp(buffer)) {
    mark(4);
    return;
  }
  __try {
    raise(0xE0000001);
  } __except (1) {
    mark(2);
    longjmp(buffer, 1);
  }
}

static NI void leaves_two(void) {
  if (setjmp(buffer)) {
    mark(4);
    return;
  }
  __try {
    __try {
      jump(1);
    } __finally {
      mark(1);
    }
  } __finally {
    mark(2);
  }
}

/* Between frames: those of the callees are left too. */
static NI void callee(int depth) {
  __try {
    if (depth == 0) jump(7);
    callee(depth - 1);
  } __finally {
    mark(10 + depth);
  }
}
static NI void through_callees(void) {
  __try {
    int value = setjmp(buffer);
    mark(value);
    if (!value) callee(3);
  } __finally {
    mark(20 + AbnormalTermination());
  }
}

static NI int then_raises(void) {
  __try {
    if (!setjmp(buffer)) jump(1);
    raise(0xE0000005);
  } __except (mark(GetExceptionCode() & 15), 1) {
    mark(6);
  }
  return 0;
}

static VOID NTAPI jumping(ULONG_PTR value) {
  mark((int)value);
  jump(1);
}
static VOID NTAPI marking(ULONG_PTR value) { mark((int)value); }

/* Out of an asynchronous call: the next one runs at the next alertable wait. */
static NI void out_of_a_call(void) {
  QueueUserAPC(jumping, GetCurrentThread(), 1);
  QueueUserAPC(marking, GetCurrentThread(), 2);
  if (!setjmp(buffer)) SleepEx(0, TRUE);
  mark(3);
  mark(SleepEx(0, TRUE));
}

int main(void) {
  jumps_from_finally(), show("out of a final block:");
  jumps_from_filter(), show("out of a filter:");
  jumps_from_handler(), show("out of a handler:");
  leaves_two(), show("two of its own:");
  through_callees(), show("of callees:");
  then_raises(), show("and then an exception:");
  out_of_a_call(), show("out of an asynchronous call:");
  for (int i = 0; i < 1000; i++) leaves_two(), n = 0;
  printf("a thousand times\n");
  return 0;
}
