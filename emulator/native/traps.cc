#include "traps.h"

#include "cpuid.h"
#include "exits.h"
#include "x86-decode.h"

namespace {
// ARM64: what Unicorn (QEMU) calls exceptions.
constexpr uint32_t kUndefined = 1, kSvc = 2, kBrk = 7, kSmc = 13, kPcAlignment = 0x22;
constexpr uint32_t kGeneralProtection = 13, kIntN = 0xcd;
constexpr uint32_t kViaSyscall = 0, kViaSysenter = 1;
}  // namespace

bool Traps::Hook() {
  Machine& m = machine_;
  if (!m.Hook(UC_HOOK_INTR, &OnInterrupt, this)) return false;
  if (!m.model().x86()) return true;
  return m.Hook(UC_HOOK_INSN, &OnSyscall, this, UC_X86_INS_SYSCALL) && m.Hook(UC_HOOK_INSN, &OnSysenter, this, UC_X86_INS_SYSENTER) &&
         m.Hook(UC_HOOK_INSN, &OnCpuid, this, UC_X86_INS_CPUID) && m.Hook(UC_HOOK_INSN, &OnRdtsc, this, UC_X86_INS_RDTSC) &&
         m.Hook(UC_HOOK_INSN, &OnRdtscp, this, UC_X86_INS_RDTSCP) && m.Hook(UC_HOOK_INSN, &OnIn, this, UC_X86_INS_IN) &&
         m.Hook(UC_HOOK_INSN, &OnOut, this, UC_X86_INS_OUT);
}

void Traps::StopWith(int reason, uint32_t number, uint32_t detail) {
  stop_.With(reason, number, detail);
  machine_.Stop();
}

void Traps::OnInterrupt(uc_engine*, uint32_t number, void* user) {
  auto* t = static_cast<Traps*>(user);
  if (t->memory_.own.internal) t->StopWith(kInterrupt, number);
  else if (t->machine_.model().x86()) t->X86Exception(number);
  else t->ArmException(number);
}

// `int n` comes as an exception of that vector would, but after the instruction.
void Traps::X86Exception(uint32_t number) {
  if (stop_.exit >= 0) return;  // a system call under the trap flag: the step ends behind the next instruction
  uint64_t pc = machine_.Pc(), start = counting_.BeginningOf(pc);
  if (start != pc) {
    uint8_t code[16];
    X86Instruction ended = X86Decode(code, memory_.ReadCode(start, code, sizeof code), machine_.Is64BitCode());
    if (ended.opcode == kIntN && code[ended.length - 1] == number) return StopWith(kSoftwareInterrupt, number, ended.length);
  }
  StopWith(kInterrupt, number, kCodeInState);
}

uint32_t Traps::ArmInstruction(uint64_t pc) {
  uint8_t code[4] = {};
  memory_.ReadCode(pc, code, 4);
  return code[0] | code[1] << 8 | code[2] << 16 | static_cast<uint32_t>(code[3]) << 24;
}

void Traps::ArmException(uint32_t number) {
  if (number == kUndefined && EmulateSystemRegister()) return;
  uint64_t pc = machine_.Pc();
  auto immediate = [&](uint64_t at) { return ArmInstruction(at) >> 5 & 0xffff; };
  if (number == kUndefined && pc & 3) {
    stop_.address = pc;
    return StopWith(kInterrupt, kPcAlignment);
  }
  if (number == kSvc) return StopWith(kSystemCall, kViaSyscall, immediate(pc - 4));
  if (number == kBrk) return StopWith(kInterrupt, number, immediate(pc));
  StopWith(number == kUndefined || number == kSmc ? kInvalidInstruction : kInterrupt, number);
}

void Traps::OnSyscall(uc_engine*, void* user) { static_cast<Traps*>(user)->StopWith(kSystemCall, kViaSyscall); }

void Traps::OnSysenter(uc_engine*, void* user) { static_cast<Traps*>(user)->StopWith(kSystemCall, kViaSysenter); }

int Traps::OnCpuid(uc_engine*, void* user) {
  Machine& machine = static_cast<Traps*>(user)->machine_;
  CpuidLeaf leaf = Cpuid(static_cast<uint32_t>(machine.Read(UC_X86_REG_RAX)), static_cast<uint32_t>(machine.Read(UC_X86_REG_RCX)));
  machine.Write(UC_X86_REG_RAX, leaf.eax);
  machine.Write(UC_X86_REG_RBX, leaf.ebx);
  machine.Write(UC_X86_REG_RCX, leaf.ecx);
  machine.Write(UC_X86_REG_RDX, leaf.edx);
  return 1;
}

// Virtual time at the instruction at pc.
uint64_t Traps::Time(uint64_t pc) { return static_cast<uint64_t>(state_[kTimestamp]) + counting_.ExecutedBefore(pc); }

int Traps::OnRdtsc(uc_engine*, void* user) {
  auto* t = static_cast<Traps*>(user);
  uint64_t time = t->Time(t->machine_.Pc());
  t->machine_.Write(UC_X86_REG_RAX, time & 0xffffffff);
  t->machine_.Write(UC_X86_REG_RDX, time >> 32);
  return 1;
}

int Traps::OnRdtscp(uc_engine* uc, void* user) {
  static_cast<Traps*>(user)->machine_.Write(UC_X86_REG_RCX, 0);  // processor 0
  return OnRdtsc(uc, user);
}

// Ring 3 may not touch I/O ports: #GP, PC at the instruction. Unicorn asks in the middle of it, so
// that what it does to registers is undone after the stop (`ins` also stores a zero).
namespace {
const int kPortRegisters[] = {UC_X86_REG_RIP, UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RSI, UC_X86_REG_RDI};
}

void Traps::TouchPort() {
  if (portTouched_) return;
  for (int i = 0; i < 5; i++) beforePort_[i] = machine_.Read(kPortRegisters[i]);
  portTouched_ = true;
  StopWith(kInterrupt, kGeneralProtection);
}

uint32_t Traps::OnIn(uc_engine*, uint32_t, int, void* user) {
  static_cast<Traps*>(user)->TouchPort();
  return 0;
}

void Traps::OnOut(uc_engine*, uint32_t, int, uint32_t, void* user) { static_cast<Traps*>(user)->TouchPort(); }

void Traps::UndoPortAccess() {
  if (!portTouched_) return;
  portTouched_ = false;
  for (int i = 0; i < 5; i++) machine_.Write(kPortRegisters[i], beforePort_[i]);
}
