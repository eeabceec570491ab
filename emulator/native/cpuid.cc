#include "cpuid.h"

#include <cstring>

namespace {
CpuidLeaf Text(const char* text) {
  CpuidLeaf leaf;
  memcpy(&leaf, text, 16);
  return leaf;
}

}  // namespace

CpuidLeaf Cpuid(uint32_t leaf, uint32_t subleaf) {
  switch (leaf) {
    case 0: return {7, 0x756e6547, 0x6c65746e, 0x49656e69};  // "GenuineIntel"
    case 1: return {0x000306c3, 0x00010800,
                    1u << 0 | 1u << 1 | 1u << 9 | 1u << 13 |  // SSE3, PCLMULQDQ, SSSE3, CMPXCHG16B,
                        1u << 19 | 1u << 20 | 1u << 22 | 1u << 23 | 1u << 25,  // SSE4.1, SSE4.2, MOVBE, POPCNT, AES
                    0x078bfbff};                              // FPU..SSE2, SEP, CMOV, CLFLUSH, FXSR
    case 2: return {0x76036301, 0x00f0b5ff, 0, 0x00c10000};
    case 4: return {0, 0, 0, 0};
    case 7: return subleaf ? CpuidLeaf{0, 0, 0, 0} : CpuidLeaf{0, 1u << 0 | 1u << 3 | 1u << 8, 0, 0};  // FSGSBASE BMI1 BMI2
    case 0x80000000: return {0x80000008, 0, 0, 0};
    case 0x80000001: return {0, 0, 0x21, 0x28100800};         // LAHF, LZCNT; SYSCALL, NX, RDTSCP, LM
    case 0x80000002: return Text("Emulated x86-64 ");
    case 0x80000003: return Text("processor (Unico");
    case 0x80000004: return Text("rn engine)\0\0\0\0\0\0");
    case 0x80000008: return {0x3028, 0, 0, 0};                // 40 physical, 48 virtual address bits
    default: return {0, 0, 0, 0};
  }
}
