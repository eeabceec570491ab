// Instruction lengths, and the few instructions that need care (Intel SDM vol. 2, 2.1 and appendix A).
#pragma once
#include <cstdint>

struct X86Instruction {
  unsigned length;  // at least 1
  // rcl or rcr of memory, and access to I/O ports: Unicorn's are not precise enough.
  bool careful;
};

// Bytes beyond `available` are not looked at.
X86Instruction X86Decode(const uint8_t* code, unsigned available, bool mode64);
