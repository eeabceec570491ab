/* What is wrong with a heap is done here, one thing a run; then what would not be reached where the program ends of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <malloc.h>
#include <windows.h>

static char *volatile block, *volatile other;
static HANDLE heap;

static LONG NTAPI vectored(PEXCEPTION_POINTERS pointers) {
  printf("vectored 0x%lx, flags %lu\n", pointers->ExceptionRecord->ExceptionCode, pointers->ExceptionRecord->ExceptionFlags);
  fflush(stdout);
  return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG NTAPI last(PEXCEPTION_POINTERS pointers) {
  printf("the filter was asked\n");
  return EXCEPTION_EXECUTE_HANDLER;
}

static void run(const char *what) {
  char on_stack[64];
  static char in_data[64];
#define CASE(name) else if (!strcmp(what, name))
  if (0) {}
  CASE("double-free") free(block), free(block);
  CASE("double-free-later") free(block), free(malloc(500)), free(other), free(block);
  CASE("inside") free(block + 16);
  CASE("odd") free(block + 3);
  CASE("stack") other = (char *)((size_t)(on_stack + 16) & ~(size_t)15), free(other);
  CASE("data") free((char *)((size_t)(in_data + 16) & ~(size_t)15));
  CASE("realloc-freed") free(block), block = realloc(block, 100);
  CASE("realloc-data") block = realloc((char *)((size_t)(in_data + 16) & ~(size_t)15), 10);
  CASE("smashed") memset(block - 8, 0x41, 8), free(block);
  CASE("smashed-realloc") block[-1] ^= 1, block = realloc(block, 3000);
  CASE("overflow") memset(block, 0x41, _msize(block) + 24), free(block);
  CASE("overflow-next") memset(block, 0x41, _msize(block) + 24), free(other);
  CASE("used-after") {
    free(block);
    memset(block, 0x41, 16);
    block = malloc(40);
  }
  CASE("heapfree-twice") HeapFree(heap, 0, HeapAlloc(heap, 0, 10)), block = HeapAlloc(heap, 0, 20), HeapFree(heap, 0, block), HeapFree(heap, 0, block);
  CASE("wrong-heap") HeapFree(heap, 0, block);
  CASE("no-heap") HeapAlloc(in_data, 0, 10);
  CASE("local-twice") block = LocalAlloc(0, 10), LocalFree(block), LocalFree(block);
  CASE("aligned") _aligned_free(memset(malloc(64), 0x41, 64));
  CASE("aligned-plain") free(_aligned_malloc(64, 64));
  CASE("large-twice") block = malloc(4 << 20), free(block), free(block);
  CASE("unmapped") free((void *)0x10);
  CASE("no-heap-unmapped") HeapAlloc(0, 0, 10);
  CASE("caught") {
    __try {
      free(block), free(block);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      printf("a frame handler was asked\n");
    }
  }
  CASE("vectored") {
    AddVectoredExceptionHandler(1, vectored);
    SetUnhandledExceptionFilter(last);
    free(block), free(block);
  }
  else printf("no such case\n");
}

int main(int argc, char **argv) {
  heap = HeapCreate(0, 0, 0);
  block = malloc(40), other = malloc(40), malloc(40);
  if (!strcmp(argv[1], "fine")) {
    free(HeapAlloc(GetProcessHeap(), 0, 10));
    printf("%d %d\n", HeapFree(GetProcessHeap(), 0, block), HeapSize(GetProcessHeap(), 0, other) == 40);
    printf("%d\n", (HANDLE)_get_heap_handle() == GetProcessHeap());
    void *aligned = _aligned_malloc(100, 256);
    memset(aligned, 7, 100);
    aligned = _aligned_realloc(aligned, 1000, 256);
    printf("%d %d %d\n", (int)((size_t)aligned % 256), ((char *)aligned)[99], _aligned_msize(aligned, 256, 0) >= 1000);
    _aligned_free(aligned);
    int *numbers = calloc(5, sizeof *numbers);
    numbers = _recalloc(numbers, 500, sizeof *numbers);
    printf("%d %d\n", numbers[0], numbers[499]);
    return 0;
  }
  SetLastError(0);
  run(argv[1]);
  printf("went on, error %lu\n", GetLastError());
  return 0;
}
