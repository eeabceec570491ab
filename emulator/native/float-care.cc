#include "float-care.h"

#include "register-block.h"
#include "sse-operands.h"

namespace {
constexpr uint64_t kDenormalsAreZeros = 0x40;
unsigned RegOf(const X86Instruction& i) { return (i.modrm >> 3 & 7) | (i.rex & 4 ? 8 : 0); }
unsigned RmOf(const X86Instruction& i) { return (i.modrm & 7) | (i.rex & 1 ? 8 : 0); }
}  // namespace

uint64_t FloatCare::OperandAddress(const X86Instruction& i, uint64_t pc) const {
  uint64_t general[kGeneralSlots];
  auto read = [&](int slot) { general[slot] = machine_.Read(RegisterBlock::Id(machine_.model(), slot)); };
  if (i.base >= 0 && i.base != X86Instruction::kPc) read(i.base);
  if (i.index >= 0) read(i.index);
  if (i.segment) read(i.segment == 0x64 ? kFsBase : kGsBase);
  return i.OperandAddress(pc, general);
}

X87Plan FloatCare::Plan(const X87Operation& operation, const X86Instruction& instruction, uint64_t pc) {
  X87State state;
  state.Read(machine_);
  uint8_t memory[10] = {};
  if (operation.bytes() && operation.kind != X87Operation::kStore) memory_.ReadCode(OperandAddress(instruction, pc), memory, operation.bytes());
  return PlanX87(operation, state, static_cast<uint16_t>(machine_.Read(UC_X86_REG_FPCW)), memory);
}

bool FloatCare::SseDenormal(const X86Instruction& i, uint64_t pc) {
  unsigned bytes = SseArithmeticBytes(i);
  if (!bytes || machine_.Read(UC_X86_REG_MXCSR) & kDenormalsAreZeros) return false;
  uint8_t left[16] = {}, right[16] = {};
  uc_reg_read(machine_.uc(), UC_X86_REG_XMM0 + static_cast<int>(RegOf(i)), left);
  if (!i.hasMemory()) uc_reg_read(machine_.uc(), UC_X86_REG_XMM0 + static_cast<int>(RmOf(i)), right);
  else if (memory_.ReadCode(OperandAddress(i, pc), right, bytes) < bytes) return false;  // it faults
  return SseMeetsDenormal(i, left, right, LastByte(i, pc));
}

uint8_t FloatCare::LastByte(const X86Instruction& i, uint64_t pc) {
  uint8_t last = 0;
  memory_.ReadCode(pc + i.length - 1, &last, 1);
  return last;
}

unsigned FloatCare::SseSilent(const X86Instruction& i, uint64_t pc) { return ::SseSilent(i, LastByte(i, pc)); }

bool FloatCare::SseResultIsTiny(const X86Instruction& i) const {
  uint8_t result[16] = {};
  uc_reg_read(machine_.uc(), UC_X86_REG_XMM0 + static_cast<int>(RegOf(i)), result);
  return ::SseResultIsTiny(i, result);
}

bool FloatCare::Needs(const X86Instruction& i, uint64_t pc, bool everything) {
  X87Operation operation = X87Decode(i);
  if (operation.kind == X87Operation::kNone) return everything && (SseSilent(i, pc) || SseDenormal(i, pc));
  if (operation.isFunction()) return true;
  X87Plan plan = Plan(operation, i, pc);
  if (everything || operation.kind == X87Operation::kStoreRegister) return plan.settled || plan.raised;
  return (plan.raised & x87::kStackFault) != 0;
}
