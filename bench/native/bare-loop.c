/* The baseline of `make bench`: the same Unicorn library running a kernel with nothing
   attached to it but the TLB fill that maps memory (called on TLB misses only).
   bare-loop CPU HEXCODE INSTRUCTIONS: runs the code at 0x10000 with a data pointer
   (rbx, x1) at 0x200000 and a large counter (rcx, x2), which the kernel counts down to zero
   in steps of 16 instructions, and prints million instructions a second as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unicorn/unicorn.h>

enum { CODE = 0x10000, DATA = 0x200000, PAGES = 1024 };

static bool fill(uc_engine *uc, uint64_t address, uc_mem_type type, uc_tlb_entry *result, void *user) {
  (void)uc; (void)type; (void)user;
  result->paddr = address;
  result->perms = (address & ~0xfffull) == CODE ? UC_PROT_READ | UC_PROT_EXEC : UC_PROT_READ | UC_PROT_WRITE;
  return address < PAGES * 4096ull;
}

/* CPU time: what other programs take from us doesn't count. */
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check(uc_err error, const char *what) {
  if (error == UC_ERR_OK) return;
  fprintf(stderr, "%s: %s\n", what, uc_strerror(error));
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: bare-loop CPU HEXCODE INSTRUCTIONS\n"), 2;
  int arm64 = !strcmp(argv[1], "arm64"), bits32 = !strcmp(argv[1], "ia32");
  uint64_t instructions = strtoull(argv[3], NULL, 10), data = DATA, size = strlen(argv[2]) / 2;
  uint8_t *memory = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (uint64_t i = 0; i < size; i++) {
    unsigned byte;
    sscanf(argv[2] + 2 * i, "%2x", &byte);
    memory[CODE + i] = (uint8_t)byte;
  }
  uc_engine *uc;
  uc_hook hook;
  check(uc_open(arm64 ? UC_ARCH_ARM64 : UC_ARCH_X86, arm64 ? UC_MODE_ARM : bits32 ? UC_MODE_32 : UC_MODE_64, &uc), "open");
  if (arm64) check(uc_ctl_set_cpu_model(uc, UC_CPU_ARM64_MAX), "model");
  if (arm64) check(uc_ctl_set_page_size(uc, 4096), "page size");
  check(uc_ctl_tlb_mode(uc, UC_TLB_VIRTUAL), "TLB");
  check(uc_mem_map_ptr(uc, 0, PAGES * 4096, UC_PROT_ALL, memory), "map");
  check(uc_hook_add(uc, &hook, UC_HOOK_TLB_FILL, fill, NULL, 1, 0), "hook");
  double best = 0;
  for (int round = 0; round < 4; round++) {
    uint64_t count = (round ? instructions : 1600000) / 16;
    check(uc_reg_write(uc, bits32 ? UC_X86_REG_EBX : arm64 ? UC_ARM64_REG_X1 : UC_X86_REG_RBX, &data), "register");
    check(uc_reg_write(uc, bits32 ? UC_X86_REG_ECX : arm64 ? UC_ARM64_REG_X2 : UC_X86_REG_RCX, &count), "register");
    double start = seconds();
    check(uc_emu_start(uc, CODE, CODE + size, 0, 0), "run");
    double rate = (double)(count * 16) / (seconds() - start) / 1e6;
    if (round && rate > best) best = rate;
  }
  printf("{\"cpu\":\"%s\",\"mips\":%.1f}\n", argv[1], best);
  uc_close(uc);
  return 0;
}
