// x86 start-up. One 64-bit engine in ring 3 with a descriptor table serves both CPUs:
// 32-bit code runs in compatibility mode (Intel SDM vol. 3, 3.4.5 and 5.2.1), so that far
// transfers between the two are the processor's own.
#include <cstring>

#include "engine.h"

namespace {
constexpr uint64_t kCode32 = 0x00cffb000000ffff, kCode64 = 0x00affb000000ffff, kData = 0x00cff3000000ffff;
constexpr int kFsBaseSlot = 24;

uint64_t WithBase(uint64_t descriptor, uint64_t base) {
  return (descriptor & ~0xff0000ffffff0000ull) | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
}

void WriteMsr(uc_engine* uc, uint32_t id, uint64_t value) {
  uc_x86_msr msr{id, value};
  uc_reg_write(uc, UC_X86_REG_MSR, &msr);
}

uint64_t ReadMsr(uc_engine* uc, uint32_t id) {
  uc_x86_msr msr{id, 0};
  uc_reg_read(uc, UC_X86_REG_MSR, &msr);
  return msr.value;
}
}  // namespace

void Engine::WriteDescriptor(uint16_t selector, uint64_t descriptor) {
  if (selector >> 3) memcpy(memory_.base() + descriptorPage_ + (selector & ~7u), &descriptor, 8);
}

void Engine::BuildDescriptors() {
  descriptorPage_ = memory_.Allocate();
  const Selectors& s = selectors_;
  for (uint16_t selector : {s.fs, s.gs, s.ss, s.ds, s.es}) WriteDescriptor(selector, kData);
  if (s.cs32) WriteDescriptor(s.cs32, kCode32);
  if (s.cs64) WriteDescriptor(s.cs64, kCode64);
}

// The thread's own segments: an OS rewrites their descriptors at each thread switch.
void Engine::SyncDescriptors() {
  if (cpu_ != Cpu::kIa32) return;
  const uint16_t selectors[] = {selectors_.fs, selectors_.gs};
  for (int i = 0; i < 2; i++) {
    uint16_t selector = selectors[i];
    uint64_t base = general()[kFsBaseSlot + i];
    if (!(selector >> 3) || selector == selectors_.ds || selector == selectors_.ss || base == descriptorBase_[i]) continue;
    // A thread that has loaded a null selector has no segment to describe.
    if (general()[kFsBaseSlot - 2 + i] != selector) continue;
    descriptorBase_[i] = base;
    WriteDescriptor(selector, WithBase(kData, base));
  }
}

bool Engine::SetUpX86(Machine& machine, bool first) {
  uc_engine* uc = machine.uc;
  uint64_t cr0 = 0, flags = 0x202, zero = 0;
  uc_reg_read(uc, UC_X86_REG_CR0, &cr0);
  cr0 |= 0x22;  // NE: x87 exceptions are reported; MP, as OSes set it
  uc_reg_write(uc, UC_X86_REG_CR0, &cr0);
  uint32_t mxcsr = 0x1f80;
  uint16_t control = 0x37f, status = 0, tags = 0xffff;
  uc_reg_write(uc, UC_X86_REG_MXCSR, &mxcsr);
  uc_reg_write(uc, UC_X86_REG_FPCW, &control);
  uc_reg_write(uc, UC_X86_REG_FPSW, &status);
  uc_reg_write(uc, UC_X86_REG_FPTAG, &tags);
  uc_x86_mmr gdt{};
  gdt.base = kDescriptors;
  gdt.limit = 4095;
  uc_reg_write(uc, UC_X86_REG_GDTR, &gdt);
  WriteMsr(uc, 0xc0000080, ReadMsr(uc, 0xc0000080) | 1);  // EFER.SCE
  FindInvalidAddress(machine);
  if (!first) return true;

  uc_context* blank = nullptr;
  if (uc_context_alloc(uc, &blank) != UC_ERR_OK) return false;
  blobBytes_ = uc_context_size(uc);
  std::vector<uint64_t> header((blobBytes_ + 7) / 8);
  uc_context_save(uc, blank);
  memcpy(header.data(), blank, blobBytes_);
  uc_context_free(blank);
  templates_[0] = header;
  at_ = &machine;
  std::vector<uint64_t> ring0 = header;
  SaveBlob(ring0);
  if (!FindExceptionSlot(machine)) {
    error_ = "this build of Unicorn keeps its exception state where it cannot be found";
    return false;
  }
  for (int mode = 0; mode < 2; mode++) {
    uint16_t code = mode ? selectors_.cs32 : selectors_.cs64;
    if (!code) continue;
    RestoreBlob(machine, ring0);
    // SYSRET to 64-bit code takes CS from STAR[63:48]+16, to 32-bit code from STAR[63:48].
    WriteMsr(uc, 0xc0000081, uint64_t{static_cast<uint16_t>((code & ~3) - (mode ? 0 : 16))} << 48);
    uc_reg_write(uc, UC_X86_REG_RCX, &zero);
    uc_reg_write(uc, UC_X86_REG_R11, &flags);
    const uint8_t sysret64[] = {0x48, 0x0f, 0x07}, sysret32[] = {0x0f, 0x07};
    if (mode) RunBootCode(machine, sysret32, sizeof sysret32);
    else RunBootCode(machine, sysret64, sizeof sysret64);
    if ((CodeSelector(uc) & 3) != 3 || Pc(uc) != 0) {
      error_ = "Unicorn does not enter ring 3";
      return false;
    }
    const int visible[] = {UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_ES, UC_X86_REG_FS, UC_X86_REG_GS};
    const uint16_t values[] = {code, selectors_.ss, selectors_.ds, selectors_.es, selectors_.fs, selectors_.gs};
    for (int i = 0; i < 6; i++) {
      if (uc_reg_write(uc, visible[i], &values[i]) != UC_ERR_OK) {
        error_ = "a selector cannot be loaded";
        return false;
      }
    }
    for (int reg : {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_R11}) uc_reg_write(uc, reg, &zero);
    uc_reg_write(uc, UC_X86_REG_RFLAGS, &flags);
    SaveBlob(templates_[mode]);
  }
  return true;
}

// Finds the int32 that remembers an exception: -1 before, the vector after.
bool Engine::FindExceptionSlot(Machine& machine) {
  std::vector<uint64_t> before = templates_[0], divided = before, refused = before;
  SaveBlob(before);
  const uint8_t divide[] = {0x31, 0xc9, 0xf7, 0xf1};                          // xor ecx,ecx; div ecx
  const uint8_t badSelector[] = {0x66, 0xb8, 0xf8, 0x7f, 0x8e, 0xe8};         // mov ax,0x7ff8; mov gs,ax
  RunBootCode(machine, divide, sizeof divide);
  SaveBlob(divided);
  RestoreBlob(machine, before);
  RunBootCode(machine, badSelector, sizeof badSelector);
  SaveBlob(refused);
  RestoreBlob(machine, before);
  auto at = [](const std::vector<uint64_t>& blob, size_t i) { return reinterpret_cast<const int32_t*>(blob.data())[i]; };
  size_t found = 0;
  for (size_t i = 0; i < blobBytes_ / 4; i++) {
    if (at(before, i) == -1 && at(divided, i) == 0 && at(refused, i) == 13) {
      exceptionSlot_ = i * 4;
      found++;
    }
  }
  return found == 1;
}

// Host code sets a code selector of the other mode: what is not in the register block
// (descriptor caches, mode flags) comes from a fresh thread of that mode.
bool Engine::ChangeMode(Machine& machine, int mode) {
  if (templates_[mode].empty()) return false;
  uint8_t kept[512];
  memcpy(kept, block_ + kFloatOffset, 512);
  ReadFloat();
  RestoreBlob(machine, templates_[mode]);
  WriteFloat(machine.uc);
  memcpy(block_ + kFloatOffset, kept, 512);
  uint64_t slots[kGeneralSlots];
  memcpy(slots, block_, sizeof slots);
  ReadGeneral(machine.uc);
  memcpy(block_, slots, sizeof slots);
  return true;
}
