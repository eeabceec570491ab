#include "arm64.h"

std::string MakeArm64Thread(Machine& machine, Blob& thread) {
  for (int i = 0; i < 29; i++) machine.Write(UC_ARM64_REG_X0 + i, 0);
  machine.SetPc(0);
  machine.Write(UC_ARM64_REG_PSTATE, 0);
  uc_arm64_cp_reg control{};  // SCTLR_EL1
  control.crn = 1; control.crm = 0; control.op0 = 3; control.op1 = 0; control.op2 = 0;
  uc_reg_read(machine.uc(), UC_ARM64_REG_CP_REG, &control);
  control.val |= 1 << 14 | 1 << 15 | 1 << 26;  // DZE, UCT, UCI; writing it also makes EL0 take effect
  if (uc_reg_write(machine.uc(), UC_ARM64_REG_CP_REG, &control) != UC_ERR_OK) return "Unicorn does not enter EL0";
  machine.Save(thread);
  return "";
}
