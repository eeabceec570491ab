// What CPUID says (Intel SDM vol. 2, CPUID): a processor with SSE4.2, BMI and FSGSBASE and
// without what Unicorn lacks (AVX, XSAVE areas beyond SSE), what it gets from the host
// (RDRAND, RDSEED), and what it makes slow (ERMS: each repetition is a block of its own).
#pragma once
#include <cstdint>

struct CpuidLeaf { uint32_t eax, ebx, ecx, edx; };

CpuidLeaf Cpuid(uint32_t leaf, uint32_t subleaf);
