#include "x86.h"

namespace {
constexpr uint64_t kFreshFlags = 0x202;
constexpr uint32_t kEfer = 0xc0000080, kStar = 0xc0000081;
constexpr uint64_t kSyscallEnable = 1, kNumericError = 0x20, kMonitorCoprocessor = 2;

void WriteMsr(Machine& machine, uint32_t id, uint64_t value) {
  uc_x86_msr msr{id, value};
  uc_reg_write(machine.uc(), UC_X86_REG_MSR, &msr);
}

uint64_t ReadMsr(Machine& machine, uint32_t id) {
  uc_x86_msr msr{id, 0};
  uc_reg_read(machine.uc(), UC_X86_REG_MSR, &msr);
  return msr.value;
}

std::string EnterRing3(Machine& machine, BootCode& boot, int mode, uint16_t code) {
  // SYSRET to 64-bit code takes CS from STAR[63:48]+16, to 32-bit code from STAR[63:48].
  WriteMsr(machine, kStar, uint64_t{static_cast<uint16_t>((code & ~3) - (mode ? 0 : 16))} << 48);
  machine.Write(UC_X86_REG_RCX, 0);
  machine.Write(UC_X86_REG_R11, kFreshFlags);
  const uint8_t sysret64[] = {0x48, 0x0f, 0x07}, sysret32[] = {0x0f, 0x07};
  if (mode) boot.Run(machine, sysret32);
  else boot.Run(machine, sysret64);
  if ((machine.CodeSelector() & 3) != 3 || machine.Pc() != 0) return "Unicorn does not enter ring 3";
  const Selectors& s = machine.model().selectors;
  const int segments[] = {UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_ES, UC_X86_REG_FS, UC_X86_REG_GS};
  const uint16_t selectors[] = {code, s.ss, s.ds, s.es, s.fs, s.gs};
  for (int i = 0; i < 6; i++) {
    if (!machine.Write(segments[i], selectors[i])) return "a selector cannot be loaded";
  }
  for (int id : {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_R11}) machine.Write(id, 0);
  machine.Write(UC_X86_REG_RFLAGS, kFreshFlags);
  return "";
}
}  // namespace

void SetUpX86(Machine& machine) {
  // x87 exceptions are reported; MP, as OSes set it.
  machine.Write(UC_X86_REG_CR0, machine.Read(UC_X86_REG_CR0) | kNumericError | kMonitorCoprocessor);
  machine.Write(UC_X86_REG_MXCSR, 0x1f80);
  machine.Write(UC_X86_REG_FPCW, 0x37f);
  machine.Write(UC_X86_REG_FPSW, 0);
  machine.Write(UC_X86_REG_FPTAG, 0xffff);
  uc_x86_mmr gdt{};
  gdt.base = kDescriptors;
  gdt.limit = 4095;
  uc_reg_write(machine.uc(), UC_X86_REG_GDTR, &gdt);
  WriteMsr(machine, kEfer, ReadMsr(machine, kEfer) | kSyscallEnable);
}

std::string MakeX86Threads(Machine& machine, BootCode& boot, Blob threads[2]) {
  Blob ring0;
  machine.Save(ring0);
  const Selectors& s = machine.model().selectors;
  for (int mode = 0; mode < 2; mode++) {
    uint16_t code = mode ? s.cs32 : s.cs64;
    if (!code) continue;
    machine.Restore(ring0);
    std::string error = EnterRing3(machine, boot, mode, code);
    if (!error.empty()) return error;
    machine.Save(threads[mode]);
  }
  return "";
}
