// Instruction lengths, and the few instructions that need care (Intel SDM vol. 2, 2.1 and appendix A).
#pragma once
#include <cstdint>

struct X86Instruction {
  unsigned length;  // at least 1
  // rcl, rcr and setcc of memory (Unicorn changes the flags before they fault), pushf (after it,
  // a fault in the same block shows wrong flags), and access to I/O ports (it does not stop at them).
  bool careful;
  bool pushFlags;
};

// Bytes beyond `available` are not looked at.
X86Instruction X86Decode(const uint8_t* code, unsigned available, bool mode64);
