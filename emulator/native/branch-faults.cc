// A branch to an address that is not canonical faults itself, and has changed nothing (Intel SDM vol. 2, CALL, JMP, RET);
// Unicorn takes it, and faults at the target.
#include "engine.h"
#include "exits.h"

namespace {
constexpr uint32_t kIndirect = 0xff, kReturn = 0xc3, kReturnAndDrop = 0xc2;
constexpr unsigned kCallDigit = 2, kJumpDigit = 4;
constexpr uint64_t kWord = 8;

bool IsCanonical(uint64_t address) { return address >> 47 == 0 || address >> 47 == 0x1ffff; }
}  // namespace

// The machine can't fetch where it is. `branch`: the last instruction that it has executed in this run.
void Engine::TakeBackBranch(Machine& machine, uint64_t branch) {
  if (model_.cpu != Cpu::kX64 || IsCanonical(machine.Pc()) || branch == machine.Pc()) return;
  uint8_t code[16];
  X86Instruction i = X86Decode(code, memory_.ReadCode(branch, code, sizeof code), true);
  unsigned digit = i.modrm >> 3 & 7;
  uint64_t popped = 0;
  if (i.opcode == kReturn) popped = kWord;
  else if (i.opcode == kReturnAndDrop) popped = kWord + (code[i.length - 2] | code[i.length - 1] << 8);
  else if (i.opcode == kIndirect && digit == kCallDigit) popped = 0 - kWord;
  else if (i.opcode != kIndirect || digit != kJumpDigit) return;
  machine.Write(UC_X86_REG_RSP, machine.Read(UC_X86_REG_RSP) - popped);
  branchTarget_ = machine.Pc();
  machine.SetPc(branch);
  counting_.TakeBack();
  memory_.refusal.type = UC_MEM_FETCH;
  branchRefused_ = true;
}
