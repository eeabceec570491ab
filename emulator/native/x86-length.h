// The length of an x86 instruction (Intel SDM vol. 2, 2.1 and appendix A).
#pragma once
#include <cstdint>

// At least 1; bytes beyond `available` are not looked at.
unsigned X86Length(const uint8_t* code, unsigned available, bool mode64);
