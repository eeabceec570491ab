#include "x86-status-use.h"

#include "x86-decode.h"

namespace {
constexpr int kRax = 0, kMostInstructions = 24;

enum class Use { kNone, kReads, kReplaces, kBranches, kJumps };

bool MemoryUsesRax(const X86Instruction& i) { return i.hasMemory() && (i.base == kRax || i.index == kRax); }
bool RegIsRax(const X86Instruction& i) { return !(i.modrm & 0x38) && !(i.rex & 4); }
bool RmIsRax(const X86Instruction& i) { return i.hasModRm && !i.hasMemory() && !(i.modrm & 7) && !(i.rex & 1); }

Use UseOfTwoByte(const X86Instruction& i) {
  unsigned low = i.opcode & 0xff;
  bool rm = RmIsRax(i), reg = RegIsRax(i), memory = MemoryUsesRax(i);
  if (low >= 0x80 && low < 0x90) return Use::kBranches;
  if (memory) return Use::kReads;
  if (low == 0x1f || (low >= 0x10 && low <= 0x17) || low == 0x28 || low == 0x29 || low == 0x2e || low == 0x2f) return Use::kNone;
  if (low >= 0x51 && low < 0x6e) return Use::kNone;
  if (low == 0x6f || low == 0x70 || low == 0x7f || low == 0xc2 || low == 0xc6 || low == 0xef) return Use::kNone;
  if (low == 0x2a || low == 0x6e) return rm ? Use::kReads : Use::kNone;
  if (low == 0x2c || low == 0x2d) return reg ? Use::kReplaces : Use::kNone;
  if (low == 0x7e) return rm ? Use::kReplaces : Use::kNone;
  if (low >= 0x90 && low < 0xa0) return rm ? Use::kReplaces : Use::kNone;
  if (low == 0xb6 || low == 0xb7 || low == 0xbe || low == 0xbf) return rm ? Use::kReads : reg ? Use::kReplaces : Use::kNone;
  if ((low >= 0x40 && low < 0x50) || low == 0xaf) return rm || reg ? Use::kReads : Use::kNone;
  return Use::kReads;
}

Use UseOfOneByte(const X86Instruction& i) {
  unsigned o = i.opcode, digit = i.modrm >> 3 & 7;
  bool rm = RmIsRax(i), reg = RegIsRax(i);
  if (o >= 0x70 && o < 0x80) return Use::kBranches;
  if (o == 0xe9 || o == 0xeb) return Use::kJumps;
  if (o == 0x90 || o == 0x9b || o == 0x9e || o == 0xc9) return Use::kNone;
  if (o == 0xdf && i.modrm == 0xe0) return Use::kReplaces;
  if (MemoryUsesRax(i)) return Use::kReads;
  if (o >= 0xd8 && o <= 0xdf) return Use::kNone;
  bool low = !(i.rex & 1) && !(o & 7);  // the register in the opcode is rax
  if (o >= 0x40 && o < 0x50) return o & 7 ? Use::kNone : Use::kReads;  // inc, dec
  if (o >= 0x50 && o < 0x58) return low ? Use::kReads : Use::kNone;
  if (o >= 0x58 && o < 0x60) return low ? Use::kReplaces : Use::kNone;
  if (o >= 0xb0 && o < 0xc0) return low ? Use::kReplaces : Use::kNone;
  if ((o == 0x31 || o == 0x33) && rm && reg) return Use::kReplaces;
  if (o < 0x40 && (o & 7) < 4) return rm || reg ? Use::kReads : Use::kNone;
  switch (o) {
    case 0x8a: case 0x8b: return rm ? Use::kReads : reg ? Use::kReplaces : Use::kNone;
    case 0x8d: return reg ? Use::kReplaces : Use::kNone;
    case 0x84: case 0x85: case 0x88: case 0x89: return rm || reg ? Use::kReads : Use::kNone;
    case 0x80: case 0x81: case 0x83: case 0xc0: case 0xc1: case 0xd0: case 0xd1: return rm ? Use::kReads : Use::kNone;
    case 0xc6: case 0xc7: return rm ? Use::kReplaces : Use::kNone;
    case 0xf6: case 0xf7: return digit < 4 && !rm ? Use::kNone : Use::kReads;
    default: return Use::kReads;
  }
}

class Search {
 public:
  Search(GuestMemory& memory, bool mode64) : memory_(memory), mode64_(mode64) {}

  bool MayRead(uint64_t at) {
    while (left_-- > 0) {
      uint8_t code[16];
      unsigned available = memory_.ReadCode(at, code, sizeof code);
      X86Instruction i = X86Decode(code, available, mode64_);
      if (i.length > available || i.vex || i.invalid) return true;
      uint64_t next = at + i.length;
      Use use = i.opcode >> 8 == 0x0f ? UseOfTwoByte(i) : i.opcode < 0x100 ? UseOfOneByte(i) : Use::kReads;
      if (use == Use::kReads) return true;
      if (use == Use::kReplaces) return false;
      at = next;
      if (use == Use::kBranches && MayRead(Target(next, code, i))) return true;
      if (use == Use::kJumps) at = Target(next, code, i);
    }
    return true;
  }

 private:
  uint64_t Target(uint64_t next, const uint8_t* code, const X86Instruction& i) const {
    bool isShort = i.opcode == 0xeb || (i.opcode >= 0x70 && i.opcode < 0x80);
    unsigned bytes = isShort ? 1 : mode64_ || i.operandBytes != 2 ? 4 : 2;
    uint32_t value = 0;
    for (unsigned n = 0; n < bytes; n++) value |= static_cast<uint32_t>(code[i.length - bytes + n]) << 8 * n;
    int32_t by = bytes == 1 ? static_cast<int8_t>(value) : bytes == 2 ? static_cast<int16_t>(value) : static_cast<int32_t>(value);
    uint64_t target = next + static_cast<uint64_t>(static_cast<int64_t>(by));
    return mode64_ ? target : target & 0xffffffff;
  }

  GuestMemory& memory_;
  const bool mode64_;
  int left_ = kMostInstructions;
};
}  // namespace

bool X86MayReadAl(GuestMemory& memory, uint64_t address, bool mode64) { return Search(memory, mode64).MayRead(address); }
