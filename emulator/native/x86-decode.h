// x86 instructions, as far as somebody looks into one: how long it is, its opcode and
// ModRM, where its memory operand lies, and whether it needs care
// (Intel SDM vol. 2, 2.1 and appendix A).
#pragma once
#include <cstdint>

struct X86Instruction {
  unsigned length = 0;
  // rcl, rcr and setcc of memory (Unicorn changes the flags before they fault), pushf (after it,
  // a fault in the same block shows wrong flags), and access to I/O ports (it does not stop at them).
  bool careful = false;
  bool loadsFloatControl = false;  // MXCSR, the x87 control word, or the x87's flags
  bool storesFloatFlags = false;   // those of MXCSR or of the x87's status word
  bool invalid = false;  // the processor refuses it and Unicorn doesn't: a lock prefix, an instruction of AVX, pop with an opcode of nobody's
  bool pushFlags = false, loadsFlags = false;  // pushf; popf, iret

  uint32_t opcode = 0;        // its bytes without prefixes: f7, 0fa2, 0f38f0; of VEX those that it stands for
  uint8_t rex = 0;            // 0 where there is none
  uint8_t prefix = 0;         // of 66, f2 and f3 the one that chooses between SSE instructions; 0: none
  bool lock = false, vex = false;
  unsigned operandBytes = 4;  // by prefixes alone: 2, 4 or 8
  bool hasModRm = false;
  uint8_t modrm = 0;

  // The memory operand that ModRM names.
  static constexpr int kNone = -1, kPc = 16;  // a register's number otherwise
  int base = kNone, index = kNone;
  unsigned scale = 0;         // the index is shifted by it
  int32_t displacement = 0;
  bool writesMemory = false;  // and not only reads it, however it begins
  uint8_t segment = 0;        // 0x64 fs, 0x65 gs; 0: one whose base is zero
  unsigned addressBytes = 8;  // the address is cut to 2, 4 or 8 bytes

  // Its memory is the stack segment's: the base is a stack register, or it pushes or pops.
  bool usesStack() const;
  // Arithmetic that raises the exceptions in MXCSR.
  bool usesSseArithmetic() const;
  // fnstsw ax, which is careful where somebody looks at the flags (x86-status-use.h).
  bool storesStatusInAx() const { return opcode == 0xdf && modrm == 0xe0; }
  bool computesFloats() const { return usesSseArithmetic() || (opcode >= 0xd8 && opcode <= 0xdf); }
  // It raises an x87 exception that is pending, being no control instruction of the kind that does not wait.
  bool waitsForX87() const;
  // Of the x87: it rounds a value into memory, at most kMostStored bytes.
  bool storesX87Value() const;
  static constexpr unsigned kMostStored = 10;
  // fnstenv, which masks all exceptions behind itself.
  bool storesX87Environment() const { return opcode == 0xd9 && hasMemory() && (modrm >> 3 & 7) == 6; }
  // It, or fnsave; not in their 16-bit form.
  bool storesX87Operation() const { return (opcode == 0xd9 || opcode == 0xdd) && hasMemory() && (modrm >> 3 & 7) == 6 && operandBytes != 2; }
  bool isX87() const { return (opcode >= 0xd8 && opcode <= 0xdf) || opcode == 0x9b; }
  bool hasMemory() const { return hasModRm && modrm < 0xc0; }
  // `general`: the packed registers (register-block.h) in front of the instruction, which is at `pc`.
  uint64_t OperandAddress(uint64_t pc, const uint64_t* general) const;
};

// Bytes beyond `available` are not looked at, and count as zeros.
X86Instruction X86Decode(const uint8_t* code, unsigned available, bool mode64);
