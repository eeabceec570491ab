// What CPUID says (Intel SDM vol. 2, CPUID): a processor with SSE4.2, BMI and FSGSBASE and
// without what Unicorn lacks (AVX, XSAVE areas beyond SSE), what it gets from the host
// (RDRAND, RDSEED), and what it makes slow (ERMS: each repetition is a block of its own).
#include <cstring>

#include "engine.h"

namespace {
struct Leaf { uint32_t eax, ebx, ecx, edx; };

Leaf Text(const char* text) {
  Leaf leaf;
  memcpy(&leaf, text, 16);
  return leaf;
}

Leaf LeafOf(uint32_t leaf, uint32_t subleaf) {
  switch (leaf) {
    case 0: return {7, 0x756e6547, 0x6c65746e, 0x49656e69};  // "GenuineIntel"
    case 1: return {0x000306c3, 0x00010800,
                    1u << 0 | 1u << 1 | 1u << 9 | 1u << 13 |  // SSE3, PCLMULQDQ, SSSE3, CMPXCHG16B,
                        1u << 19 | 1u << 20 | 1u << 22 | 1u << 23 | 1u << 25,  // SSE4.1, SSE4.2, MOVBE, POPCNT, AES
                    0x078bfbff};                              // FPU..SSE2, SEP, CMOV, CLFLUSH, FXSR
    case 2: return {0x76036301, 0x00f0b5ff, 0, 0x00c10000};
    case 4: return {0, 0, 0, 0};
    case 7: return subleaf ? Leaf{0, 0, 0, 0} : Leaf{0, 1u << 0 | 1u << 3 | 1u << 8, 0, 0};  // FSGSBASE BMI1 BMI2
    case 0x80000000: return {0x80000008, 0, 0, 0};
    case 0x80000001: return {0, 0, 0x21, 0x28100800};         // LAHF, LZCNT; SYSCALL, NX, RDTSCP, LM
    case 0x80000002: return Text("Emulated x86-64 ");
    case 0x80000003: return Text("processor (Unico");
    case 0x80000004: return Text("rn engine)\0\0\0\0\0\0");
    case 0x80000008: return {0x3028, 0, 0, 0};                // 40 physical, 48 virtual address bits
    default: return {0, 0, 0, 0};
  }
}
}  // namespace

int Engine::OnCpuid(uc_engine* uc, void*) {
  uint64_t leaf = 0, subleaf = 0;
  uc_reg_read(uc, UC_X86_REG_RAX, &leaf);
  uc_reg_read(uc, UC_X86_REG_RCX, &subleaf);
  Leaf answer = LeafOf(static_cast<uint32_t>(leaf), static_cast<uint32_t>(subleaf));
  const int registers[] = {UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX};
  const uint64_t values[] = {answer.eax, answer.ebx, answer.ecx, answer.edx};
  for (int i = 0; i < 4; i++) uc_reg_write(uc, registers[i], &values[i]);
  return 1;
}
