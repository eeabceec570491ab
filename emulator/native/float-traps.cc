// x86 floating-point exceptions that are not masked, which Unicorn does not raise: while there
// are any, instructions run one by one, and what each has raised is looked at behind it. #XM
// comes in place of the instruction; #MF at the next one that waits (Intel SDM vol. 1, 8.7 and 11.5).
#include "engine.h"
#include "exits.h"

namespace {
constexpr uint32_t kX87Vector = 16, kSimdVector = 19;
constexpr uint64_t kInvalid = 1, kDivideByZero = 4, kOverflow = 8, kUnderflow = 16, kInexact = 32, kBefore = kInvalid | kDivideByZero, kAll = 0x3f;
constexpr uint64_t kErrorSummary = 0x80, kBusy = 0x8000;

// The place of an x87 store, to be as it was should the exception leave it alone.
class StoredValue {
 public:
  StoredValue(GuestMemory& memory, const X86Instruction& instruction, uint64_t at) : memory_(memory), at_(at) {
    if (instruction.storesX87Value()) length_ = memory.ReadCode(at, before_, sizeof before_);
  }
  bool any() const { return length_ > 0; }
  void Restore() {
    for (unsigned i = 0; i < length_; i++) {
      double offset = memory_.Translate(at_ + i, 0);
      if (offset >= 0) *memory_.At(static_cast<uint64_t>(offset)) = before_[i];
    }
  }

 private:
  GuestMemory& memory_;
  const uint64_t at_;
  unsigned length_ = 0;
  uint8_t before_[X86Instruction::kMostStored];
};
}  // namespace

int Engine::RunWithFloatTraps() {
  if (!OpenStepper()) return Finish(cpu_.Settle(), kHalt);
  Machine& machine = stepperMachine_;
  cpu_.Enter(machine);
  uint64_t pc = machine.Pc();
  cpu_.registers.pc() = pc;
  X86Instruction instruction = Decode(pc);
  if (instruction.waitsForX87() && machine.Read(UC_X86_REG_FPSW) & kErrorSummary) {
    stop_.With(kInterrupt, kX87Vector);
    return Finish(machine, kInterrupt);
  }
  bool sse = instruction.usesSseArithmetic(), x87 = instruction.waitsForX87() && !instruction.loadsFloatControl;
  if (sse || x87) cpu_.BeforeArithmetic(beforeArithmetic_, x87);
  uint64_t statusBefore = machine.Read(UC_X86_REG_FPSW);
  cpu_.registers.Read(machine);
  StoredValue stored(memory_, instruction, instruction.OperandAddress(pc, cpu_.registers.general()));
  int reason = stepper_.Step(1);
  bool ran = reason == kGoOn || reason == kBudget;
  if (ran && sse) {
    uint64_t mxcsr = machine.Read(UC_X86_REG_MXCSR), raised = cpu_.RaisedBySse(), trapped = raised & ~(mxcsr >> 7) & kAll;
    if (trapped) {
      machine.Restore(beforeArithmetic_);
      if (trapped & kBefore) raised &= kBefore;
      machine.Write(UC_X86_REG_MXCSR, mxcsr | raised);
      counting_.TakeBack();
      stop_.With(kInterrupt, kSimdVector);
      return Finish(machine, kInterrupt);
    }
  }
  if (ran && x87) {
    uint64_t raised = cpu_.RaisedByX87(), status = machine.Read(UC_X86_REG_FPSW), masks = machine.Read(UC_X86_REG_FPCW) & kAll;
    uint64_t unmasked = raised & ~masks;
    if (unmasked & (stored.any() ? kBefore | kOverflow | kUnderflow : kBefore)) {  // operands stay as they are
      uint64_t next = machine.Pc();
      machine.Restore(beforeArithmetic_);
      machine.SetPc(next);
      stored.Restore();
      status = machine.Read(UC_X86_REG_FPSW);
      raised &= unmasked & kBefore ? kBefore : ~kInexact;  // what was not stored was not rounded
    }
    status = (status & ~(kAll | kErrorSummary | kBusy)) | (statusBefore & kAll) | raised;
    if (status & ~masks & kAll) status |= kErrorSummary | kBusy;
    cpu_.SetX87Status(status);
  }
  if (ran && instruction.storesX87Environment()) {
    machine.Write(UC_X86_REG_FPCW, machine.Read(UC_X86_REG_FPCW) | kAll);
    cpu_.FloatControlLoaded();
  }
  return reason == kGoOn ? kGoOn : Finish(machine, reason);
}
