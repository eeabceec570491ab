// x86 floating-point instructions that run one by one: while there are exceptions that are not masked, which Unicorn does
// not raise, and those that it gets wrong (float-care.h). What has been raised is looked at behind the instruction. #XM
// comes in place of it; #MF at the next one that waits (Intel SDM vol. 1, 8.7 and 11.5).
#include <cstring>

#include "engine.h"
#include "exits.h"

namespace {
constexpr uint32_t kX87Vector = 16, kSimdVector = 19;
constexpr uint64_t kInvalid = 1, kDenormal = 2, kDivideByZero = 4, kOverflow = 8, kUnderflow = 16, kInexact = 32, kAll = 0x3f;
constexpr uint64_t kBefore = kInvalid | kDenormal | kDivideByZero;  // raised before there is a result
constexpr uint64_t kErrorSummary = 0x80, kBusy = 0x8000, kArithmeticFlags = 0x8d5, kUnorderedFlags = 0x45, kOpcodeInEnvironment = 18;

// The place of an x87 store, to be as it was should the exception leave it alone, or to get what Unicorn did not store.
class StoredValue {
 public:
  StoredValue(GuestMemory& memory, const X86Instruction& instruction, uint64_t at) : memory_(memory), at_(at) {
    if (instruction.storesX87Value()) length_ = memory.ReadCode(at, before_, sizeof before_);
  }
  bool any() const { return length_ > 0; }
  void Restore() { Put(before_, length_); }
  void Put(const uint8_t* bytes, unsigned length) {
    for (unsigned i = 0; i < length; i++) {
      double offset = memory_.Translate(at_ + i, 0);
      if (offset >= 0) *memory_.At(static_cast<uint64_t>(offset)) = bytes[i];
    }
  }

 private:
  GuestMemory& memory_;
  const uint64_t at_;
  unsigned length_ = 0;
  uint8_t before_[X86Instruction::kMostStored];
};

// fsetpm and other no-operations aside: what FIP, FDP and FOP tell of.
void NoteX87(Machine& machine, const X86Instruction& instruction, uint64_t pc, uint64_t operand) {
  machine.Write(UC_X86_REG_FIP, pc);
  machine.Write(UC_X86_REG_FOP, (instruction.opcode & 7) << 8 | instruction.modrm);
  if (instruction.hasMemory()) machine.Write(UC_X86_REG_FDP, operand);
}
}  // namespace

int Engine::RunWithFloatTraps() {
  if (!OpenStepper()) return Finish(cpu_.Settle(), kHalt);
  stop_.care = false;
  Machine& machine = stepperMachine_;
  cpu_.Enter(machine);
  uint64_t pc = machine.Pc();
  cpu_.registers.pc() = pc;
  X86Instruction instruction = Decode(pc);
  if (instruction.waitsForX87() && machine.Read(UC_X86_REG_FPSW) & kErrorSummary) {
    stop_.With(kInterrupt, kX87Vector);
    return Finish(machine, kInterrupt);
  }
  cpu_.registers.Read(machine);
  uint64_t operand = instruction.OperandAddress(pc, cpu_.registers.general());
  if (FloatMisaligned(instruction, operand)) return AlignmentFault(machine);
  bool sse = instruction.usesSseArithmetic(), x87 = instruction.waitsForX87() && !instruction.loadsFloatControl;
  if (sse || x87) cpu_.BeforeArithmetic(beforeArithmetic_, x87);
  uint64_t also = sse && stepper_.care.SseDenormal(instruction, pc) ? kDenormal : 0;
  unsigned silent = sse ? stepper_.care.SseSilent(instruction, pc) : 0;
  X87Operation operation = X87Decode(instruction);
  X87Plan plan;
  if (x87) plan = stepper_.care.Plan(operation, instruction, pc);
  uint64_t statusBefore = machine.Read(UC_X86_REG_FPSW);
  StoredValue stored(memory_, instruction, operand);
  int reason = stepper_.StepWithCare();
  bool ran = machine.Pc() != pc;
  if (ran && sse) {
    uint64_t mxcsr = machine.Read(UC_X86_REG_MXCSR);
    if (!(mxcsr >> 7 & kUnderflow) && stepper_.care.SseResultIsTiny(instruction)) also |= kUnderflow;
    uint64_t raised = (cpu_.RaisedBySse() & ~uint64_t{silent}) | also, trapped = raised & ~(mxcsr >> 7) & kAll;
    if (trapped) {
      machine.Restore(beforeArithmetic_);
      if (trapped & kBefore) raised &= kBefore;
      machine.Write(UC_X86_REG_MXCSR, mxcsr | raised);
      counting_.TakeBack();
      stop_.With(kInterrupt, kSimdVector);
      return Finish(machine, kInterrupt);
    }
    if (also || silent) cpu_.SetSseFlags(mxcsr | raised);
  }
  if (ran && x87) {
    uint64_t raised = plan.settled ? plan.raised : cpu_.RaisedByX87() | plan.raised, masks = machine.Read(UC_X86_REG_FPCW) & kAll;
    uint64_t unmasked = raised & ~masks & kAll, conditions = machine.Read(UC_X86_REG_FPSW), flags = machine.Read(UC_X86_REG_RFLAGS);
    if (plan.unordered) flags = (flags & ~kArithmeticFlags) | kUnorderedFlags;
    bool stops = unmasked & (stored.any() ? kBefore | kOverflow | kUnderflow : kBefore);
    if (operation.isLoadOfFloat() && unmasked == kDenormal) stops = false;  // it is loaded all the same
    if (stops) {  // operands stay as they are
      uint64_t next = machine.Pc();
      machine.Restore(beforeArithmetic_);
      machine.SetPc(next);
      stored.Restore();
      raised &= unmasked & kBefore ? kBefore | x87::kStackFault : ~kInexact;  // what was not stored was not rounded
    } else if (plan.settled) {
      plan.state.Write(machine);
      stored.Put(plan.stored, plan.storedBytes);
    }
    if (operation.kind == X87Operation::kCompareFlags) machine.Write(UC_X86_REG_RFLAGS, flags);
    uint64_t status = machine.Read(UC_X86_REG_FPSW);
    if (stops && operation.compares()) status = (status & ~uint64_t{x87::kConditions}) | (conditions & x87::kConditions);
    if (plan.settled) status = (status & ~uint64_t{plan.changes}) | plan.conditions;
    status = (status & ~(kAll | kErrorSummary | kBusy)) | (statusBefore & kAll) | raised;
    if (status & ~masks & kAll) status |= kErrorSummary | kBusy;
    cpu_.SetX87Status(status);
    if (operation.kind != X87Operation::kNone) NoteX87(machine, instruction, pc, operand);
  }
  if (ran && instruction.storesX87Operation()) {  // FOP, of which Unicorn stores nothing
    uint64_t opcode = machine.Read(UC_X86_REG_FOP);
    const uint8_t bytes[] = {static_cast<uint8_t>(opcode), static_cast<uint8_t>(opcode >> 8)};
    StoredValue(memory_, instruction, operand + kOpcodeInEnvironment).Put(bytes, sizeof bytes);
  }
  if (ran && instruction.storesX87Environment()) {
    machine.Write(UC_X86_REG_FPCW, machine.Read(UC_X86_REG_FPCW) | kAll);
    cpu_.FloatControlLoaded();
  }
  return reason == kGoOn ? kGoOn : Finish(machine, reason);
}
