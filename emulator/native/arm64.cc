// ARM64 start-up: EL0 with the user-level cache operations enabled as OSes do, and the
// system registers that an OS emulates for user code (Linux: Documentation/arm64/cpu-feature-registers;
// the counter: Arm ARM D13.8).
#include <cstring>

#include "engine.h"

bool Engine::SetUpArm64(Machine& machine, bool first) {
  uc_engine* uc = machine.uc;
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
  if (!FindMonitorSlot(machine)) {
    error_ = "this build of Unicorn keeps the exclusive monitor where it cannot be found";
    return false;
  }
  uint64_t zero = 0, pstate = 0;
  for (int i = 0; i < 29; i++) uc_reg_write(uc, UC_ARM64_REG_X0 + i, &zero);
  SetPc(uc, 0);
  uc_reg_write(uc, UC_ARM64_REG_PSTATE, &pstate);
  uc_arm64_cp_reg control{};
  control.crn = 1; control.crm = 0; control.op0 = 3; control.op1 = 0; control.op2 = 0;
  uc_reg_read(uc, UC_ARM64_REG_CP_REG, &control);
  control.val |= 1 << 14 | 1 << 15 | 1 << 26;  // SCTLR_EL1.DZE, UCT, UCI; writing it also makes EL0 take effect
  if (uc_reg_write(uc, UC_ARM64_REG_CP_REG, &control) != UC_ERR_OK) return false;
  SaveBlob(templates_[0]);
  memset(reinterpret_cast<uint8_t*>(templates_[0].data()) + monitorSlot_, 0xff, 8);
  return true;
}

// Finds the word that holds the monitor's address: the address after a load exclusive, all ones after clrex.
bool Engine::FindMonitorSlot(Machine& machine) {
  std::vector<uint64_t> before = templates_[0], held = before, cleared = before;
  const uint8_t load[] = {0x20, 0x7c, 0x5f, 0xc8, 0x02, 0x00, 0x00, 0xd4};                           // ldxr x0,[x1]; hvc #0
  const uint8_t clear[] = {0x20, 0x7c, 0x5f, 0xc8, 0x5f, 0x3f, 0x03, 0xd5, 0x02, 0x00, 0x00, 0xd4};  // and clrex between
  uint64_t address = kBootAddress + 0x340;
  SaveBlob(before);
  uc_reg_write(machine.uc, UC_ARM64_REG_X1, &address);
  RunBootCode(machine, load, sizeof load);
  SaveBlob(held);
  RestoreBlob(machine, before);
  uc_reg_write(machine.uc, UC_ARM64_REG_X1, &address);
  RunBootCode(machine, clear, sizeof clear);
  SaveBlob(cleared);
  RestoreBlob(machine, before);
  size_t found = 0;
  for (size_t i = 0; i < blobBytes_ / 8; i++) {
    if (held[i] == address && cleared[i] == ~0ull) {
      monitorSlot_ = i * 8;
      found++;
    }
  }
  return found == 1;
}

// `mrs` of a register that EL0 may not read traps to the OS, which emulates some of them.
bool Engine::EmulateSystemRegister(uc_engine* uc) {
  uint64_t pc = Pc(uc);
  uint8_t code[4];
  if (ReadCode(pc, code, 4) != 4) return false;
  uint32_t word = code[0] | code[1] << 8 | code[2] << 16 | static_cast<uint32_t>(code[3]) << 24;
  if (word >> 20 != 0xd53) return false;
  uint64_t value = 0;
  uint32_t target = word & 31;
  switch (word >> 5 & 0x7fff) {  // op0-2, op1, CRn, CRm, op2: 15 bits with the 1 of op0
    case 0x5f00: value = 62500000; break;                                                                   // cntfrq_el0
    case 0x5f01: case 0x5f02: case 0x5f05: case 0x5f06:                                                     // cntpct_el0, cntvct_el0 (and their self-synchronised forms)
      value = static_cast<uint64_t>(state_[kTimestamp]) + ExecutedAt(uc, pc); break;
    case 0x4000: value = 0x410fd0c0; break;                                                                 // midr_el1
    case 0x4005: value = 0x80000000; break;                                                                 // mpidr_el1
    case 0x4006: value = 0; break;                                                                          // revidr_el1
    case 0x4020: value = 0x11; break;                                                                       // id_aa64pfr0_el1: EL0, EL1 AArch64; FP and AdvSIMD
    case 0x4028: value = 0x6; break;                                                                        // id_aa64dfr0_el1
    case 0x4030: value = 0x0000100010211120; break;                                                         // id_aa64isar0_el1: AES PMULL, SHA1, SHA256, CRC32, LSE, RDM, DP
    case 0x4031: value = 0x0000000000211001; break;                                                         // id_aa64isar1_el1: DPB, JSCVT, FCMA, LRCPC
    case 0x4021: case 0x4024: case 0x4029: case 0x4032: case 0x4038: case 0x4039: case 0x403a: value = 0; break;
    default: return false;
  }
  if (target != 31) {
    int reg = target < 29 ? UC_ARM64_REG_X0 + static_cast<int>(target) : target == 29 ? static_cast<int>(UC_ARM64_REG_FP) : static_cast<int>(UC_ARM64_REG_LR);
    uc_reg_write(uc, reg, &value);
  }
  // The trap cut the block short after this instruction.
  if (uc == main_.uc && !marked_) remaining += current->count - CountBefore(pc) - 1;
  SetPc(uc, pc + 4);
  return true;
}
