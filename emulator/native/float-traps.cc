// x86 floating-point exceptions that are not masked, which Unicorn does not raise: while there
// are any, instructions run one by one, and what each has raised is looked at behind it. #XM
// comes in place of the instruction; #MF at the next one that waits (Intel SDM vol. 1, 8.7 and 11.5).
#include "engine.h"
#include "exits.h"

namespace {
constexpr uint32_t kX87Vector = 16, kSimdVector = 19;
constexpr uint64_t kInvalid = 1, kDivideByZero = 4, kBefore = kInvalid | kDivideByZero, kAll = 0x3f;
constexpr uint64_t kErrorSummary = 0x80, kBusy = 0x8000;
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
  uint64_t statusBefore = machine.Read(UC_X86_REG_FPSW);
  if (sse || x87) cpu_.BeforeArithmetic(beforeArithmetic_);
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
    if (raised & ~masks & kBefore) {  // operands stay as they are
      uint64_t next = machine.Pc();
      machine.Restore(beforeArithmetic_);
      machine.SetPc(next);
      status = machine.Read(UC_X86_REG_FPSW);
      raised &= kBefore;
    }
    status = (status & ~(kAll | kErrorSummary | kBusy)) | (statusBefore & kAll) | raised;
    if (status & ~masks & kAll) status |= kErrorSummary | kBusy;
    machine.Write(UC_X86_REG_FPSW, status);
  }
  return reason == kGoOn ? kGoOn : Finish(machine, reason);
}
