// #AC: while the program has set the AC flag, and its OS the AM bit of CR0, each access to memory must be aligned. Unicorn
// knows nothing of it: instructions run one by one, and one that has touched a misaligned address is undone
// (Intel SDM vol. 3, 6.15; which operands have which alignment: table 6-7).
#include "engine.h"
#include "exits.h"
#include "sse-operands.h"

namespace {
constexpr uint32_t kAlignmentVector = 17;
constexpr int kRdiSlot = 7;

// What the operand must be aligned to as a whole, where that is not seen by the accesses that Unicorn makes; 0: it is.
unsigned WholeAlignment(const X86Instruction& i) {
  if (!i.hasMemory() || i.vex) return 0;
  unsigned digit = i.modrm >> 3 & 7;
  if ((i.opcode == 0xd9 && (digit == 4 || digit == 6)) || (i.opcode == 0xdd && (digit == 4 || digit == 6))) return i.operandBytes == 2 ? 2 : 4;
  if (i.opcode == 0xdf && (digit == 4 || digit == 6)) return 8;  // fbld, fbstp
  bool plain = !i.prefix || i.prefix == 0x66;
  if ((i.opcode == 0x0f10 || i.opcode == 0x0f11) && plain) return 16;                      // movups, movupd
  if ((i.opcode == 0x0f6f || i.opcode == 0x0f7f) && i.prefix == 0xf3) return 16;          // movdqu
  if (i.opcode == 0x0ff0 && i.prefix == 0xf2) return 16;                                   // lddqu
  return i.opcode >= 0x0f3a60 && i.opcode <= 0x0f3a63 ? 16 : 0;                            // pcmpestrm and its kin
}

// maskmovdqu, maskmovq: of eight bytes at edi.
bool StoresByMask(const X86Instruction& i) { return i.opcode == 0x0ff7 && !i.hasMemory() && (!i.prefix || i.prefix == 0x66); }
}  // namespace

int Engine::AlignmentFault(Machine& machine) {
  stop_.With(kInterrupt, kAlignmentVector);
  return Finish(machine, kInterrupt);
}

// Of an instruction that runs with care instead.
bool Engine::FloatMisaligned(const X86Instruction& i, uint64_t operand) {
  if (!i.hasMemory() || !cpu_.AlignmentChecked()) return false;
  unsigned bytes = i.isX87() ? X87Decode(i).bytes() : SseArithmeticBytes(i);
  if (bytes > 8) bytes = i.isX87() ? 8 : 1;
  return bytes > 1 && operand & (bytes - 1);
}

int Engine::RunWithAlignmentChecks() {
  if (!OpenStepper()) return Finish(cpu_.Settle(), kHalt);
  Machine& machine = stepperMachine_;
  cpu_.Enter(machine);
  uint64_t pc = machine.Pc();
  cpu_.registers.Read(machine);
  X86Instruction instruction = Decode(pc);
  auto fault = [&] { return AlignmentFault(machine); };
  unsigned whole = StoresByMask(instruction) ? 8 : WholeAlignment(instruction);
  uint64_t operand = StoresByMask(instruction) ? cpu_.registers.general()[kRdiSlot] : instruction.OperandAddress(pc, cpu_.registers.general());
  if (whole && operand & (whole - 1) && memory_.Translate(pc, kExec) >= 0) return fault();
  machine.Save(beforeArithmetic_);
  stepper_.log.Begin();
  int reason = stepper_.Step(1);
  stepper_.log.End();
  bool ran = reason == kGoOn || reason == kBudget || machine.Pc() != pc;
  if (ran && !whole && stepper_.log.misaligned()) {
    stepper_.log.Undo();
    machine.Restore(beforeArithmetic_);
    counting_.TakeBack();
    return fault();
  }
  if (reason == kGoOn) return kGoOn;
  Finish(machine, reason);
  if (reason != kFault || state_[kAccess] == kExec || !state_[kCanonical] || whole) return reason;
  // Addresses are looked at before pages.
  uint32_t size = AccessSize();
  bool misaligned = size > 1 && size <= 8 && static_cast<uint64_t>(static_cast<int64_t>(state_[kAddress])) & (size - 1);
  return misaligned ? fault() : reason;
}
