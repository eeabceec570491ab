// The addresses of an x86 block that must be aligned, by what its registers were at the beginning.
#include "block-checks.h"
#include "guest-memory.h"
#include "register-block.h"
#include "sse-operands.h"
#include "x86-effects.h"
#include "x87-operation.h"

namespace {
constexpr int kRspSlot = 4, kRbpSlot = 5;

int RegSlot(const X86Instruction& i) { return (i.modrm >> 3 & 7) | (i.rex & 4 ? 8 : 0); }
int RmSlot(const X86Instruction& i) { return (i.modrm & 7) | (i.rex & 1 ? 8 : 0); }

class X86Walk {
 public:
  X86Walk(bool mode64) : analysis(kX86Slots), mode64_(mode64) {}
  BlockAnalysis analysis;

  void Pass(const X86Instruction& i, const uint8_t* code, uint64_t pc) {
    unsigned alignment = X86OperandAlignment(i);
    if (alignment > 1) analysis.Need(Base(i, pc), i.index == X86Instruction::kNone ? BlockAnalysis::Constant(0) : analysis[i.index], i.scale, static_cast<unsigned>(i.displacement), alignment);
    Floats(i);
    Change(i, code);
  }

  void Finish() {
    analysis.result.needsValue = stack_.needsValue;
    analysis.result.needsEmpty = stack_.needsEmpty;
    analysis.stackIsStable = stack_.stable();
    if (stack_.faults) analysis.result.unknown = true;
    analysis.Finish();
  }

 private:
  void Floats(const X86Instruction& i) {
    X87Operation operation = X87Decode(i);
    if (operation.kind != X87Operation::kNone) stack_.Pass(operation);
    else if (X86IsMmx(i)) stack_.PassMmx(i.opcode == 0x0f77);
    if (operation.kind != X87Operation::kNone || SseArithmeticBytes(i) || SseMayBeSilent(i)) analysis.result.computesFloats = true;
  }

  LowBits Base(const X86Instruction& i, uint64_t pc) {
    LowBits base = i.base == X86Instruction::kPc ? BlockAnalysis::Constant(static_cast<unsigned>(pc + i.length))
                   : i.base == X86Instruction::kNone ? BlockAnalysis::Constant(0) : analysis[i.base];
    if (!i.segment) return base;
    const LowBits& segment = analysis[i.segment == 0x64 ? kFsBase : kGsBase];
    if (base.kind == LowBits::kConstant) return segment.Plus(base.delta);
    return LowBits{};
  }

  // What the instruction leaves in the registers, where that can be told.
  void Change(const X86Instruction& i, const uint8_t* code) {
    uint32_t written = X86WrittenRegisters(i);
    int slot = kNoRegister;
    LowBits value;
    unsigned immediate = i.length ? code[i.length - 1] : 0;  // its low bits, where it has one byte
    bool toRegister = i.hasModRm && !i.hasMemory();
    unsigned word = i.operandBytes == 2 ? 2 : mode64_ ? 8 : 4, digit = i.modrm >> 3 & 7;
    auto wide = [&] { return code[i.length - (i.operandBytes == 2 ? 2 : 4)]; };
    switch (i.opcode) {
      case 0x81: case 0x83:
        if (i.opcode == 0x81) immediate = wide();
        if (!toRegister) break;
        slot = RmSlot(i);
        if (digit == 0) value = analysis[slot].Plus(immediate);
        else if (digit == 5) value = analysis[slot].Plus(0u - immediate);
        else if (digit == 4) value = Masked(analysis[slot], immediate);
        break;
      case 0x89: if (toRegister) { slot = RmSlot(i); value = analysis[RegSlot(i)]; } break;
      case 0x8b: if (toRegister) { slot = RegSlot(i); value = analysis[RmSlot(i)]; } break;
      case 0x31: case 0x33: if (toRegister && RegSlot(i) == RmSlot(i)) { slot = RmSlot(i); value = BlockAnalysis::Constant(0); } break;
      case 0x8d: slot = RegSlot(i); value = Effective(i); break;
      case 0xff: if (toRegister && digit < 2) { slot = RmSlot(i); value = analysis[slot].Plus(digit ? ~0u : 1u); } break;
      case 0xc7: if (toRegister) { slot = RmSlot(i); value = BlockAnalysis::Constant(wide()); } break;
      case 0xc9: slot = kRspSlot; value = analysis[kRbpSlot].Plus(word); break;
      case 0x68: case 0x6a: case 0xe8: slot = kRspSlot; value = analysis[slot].Plus(0u - word); break;
      default:
        if (i.opcode >= 0x50 && i.opcode < 0x60) {
          if (i.opcode == 0x5c && !(i.rex & 1)) break;  // pop rsp
          slot = kRspSlot;
          value = analysis[slot].Plus(i.opcode < 0x58 ? 0u - word : word);
        } else if (i.opcode >= 0xb8 && i.opcode < 0xc0) {
          slot = (i.opcode & 7) | (i.rex & 1 ? 8 : 0);
          value = BlockAnalysis::Constant(code[i.length - (i.rex & 8 ? 8u : i.operandBytes == 2 ? 2u : 4u)]);
        } else if (!mode64_ && i.opcode >= 0x40 && i.opcode < 0x50) {
          slot = i.opcode & 7;
          value = analysis[slot].Plus(i.opcode < 0x48 ? 1u : ~0u);
        }
    }
    for (int r = 0; r < 16; r++) if (written >> r & 1) analysis[r] = LowBits{};
    if (i.opcode == 0x8e || (written & 0xffff) == 0xffff) analysis[kFsBase] = analysis[kGsBase] = LowBits{};
    if (slot != kNoRegister) analysis[slot] = value;
  }

  static LowBits Masked(const LowBits& before, unsigned mask) {
    if ((mask & 15) == 0) return BlockAnalysis::Constant(0);
    if ((mask & 15) == 15) return before;
    if (before.kind == LowBits::kConstant) return BlockAnalysis::Constant(before.delta & mask);
    return LowBits{};
  }

  LowBits Effective(const X86Instruction& i) {
    if (i.base == X86Instruction::kPc) return LowBits{};
    LowBits base = i.base == X86Instruction::kNone ? BlockAnalysis::Constant(0) : analysis[i.base];
    if (i.index == X86Instruction::kNone) return base.Plus(static_cast<unsigned>(i.displacement));
    const LowBits& index = analysis[i.index];
    if (index.kind == LowBits::kConstant) return base.Plus(static_cast<unsigned>(i.displacement) + (index.delta << i.scale));
    return LowBits{};
  }

  const bool mode64_;
  X87StackWalk stack_;
};
}  // namespace

BlockChecks CheckX86Block(GuestMemory& memory, uint64_t address, uint32_t size, bool mode64) {
  X86Walk walk(mode64);
  uint8_t code[16];
  for (uint64_t at = address; at < address + size;) {
    X86Instruction instruction = X86Decode(code, memory.ReadCode(at, code, sizeof code), mode64);
    walk.Pass(instruction, code, at);
    at += instruction.length;
  }
  walk.Finish();
  return walk.analysis.result;
}
