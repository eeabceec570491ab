// `mrs` of a register that EL0 may not read traps to the OS, which emulates some of them
// (Linux: Documentation/arm64/cpu-feature-registers; the counter: Arm ARM D13.8).
#include "traps.h"

bool Traps::EmulateSystemRegister() {
  uint64_t pc = machine_.Pc();
  uint32_t word = ArmInstruction(pc);
  if (word >> 20 != 0xd53) return false;
  uint64_t value = 0;
  uint32_t target = word & 31;
  switch (word >> 5 & 0x7fff) {  // op0-2, op1, CRn, CRm, op2: 15 bits with the 1 of op0
    case 0x5f00: value = 62500000; break;            // cntfrq_el0
    case 0x5f01: case 0x5f02: case 0x5f05: case 0x5f06:  // cntpct_el0, cntvct_el0 (and their self-synchronised forms)
      value = Time(pc); break;
    case 0x4000: value = 0x410fd0c0; break;          // midr_el1
    case 0x4005: value = 0x80000000; break;          // mpidr_el1
    case 0x4006: value = 0; break;                   // revidr_el1
    case 0x4020: value = 0x11; break;                // id_aa64pfr0_el1: EL0, EL1 AArch64; FP and AdvSIMD
    case 0x4028: value = 0x6; break;                 // id_aa64dfr0_el1
    case 0x4030: value = 0x0000100010211120; break;  // id_aa64isar0_el1: AES PMULL, SHA1, SHA256, CRC32, LSE, RDM, DP
    case 0x4031: value = 0x0000000000211001; break;  // id_aa64isar1_el1: DPB, JSCVT, FCMA, LRCPC
    case 0x4021: case 0x4024: case 0x4029: case 0x4032: case 0x4038: case 0x4039: case 0x403a: value = 0; break;
    default: return false;
  }
  if (target != 31) {
    int id = target < 29 ? UC_ARM64_REG_X0 + static_cast<int>(target) : target == 29 ? static_cast<int>(UC_ARM64_REG_FP) : static_cast<int>(UC_ARM64_REG_LR);
    machine_.Write(id, value);
  }
  counting_.CutShortAfter(pc);
  machine_.SetPc(pc + 4);
  return true;
}
