// The float area of the register block: an FXSAVE image (Intel SDM vol. 1, 10.5.1), or
// ARM64's 32 vector registers.
#include <cstring>

#include "register-block.h"

namespace {
constexpr int kVectorBytes = 16, kX87Offset = 32, kXmmOffset = 160, kX87Bytes = 10;
}

void RegisterBlock::ReadFloats(const Machine& machine, uint8_t* area) const {
  uc_engine* uc = machine.uc();
  if (!model_.x86()) {
    for (int i = 0; i < 32; i++) uc_reg_read(uc, UC_ARM64_REG_V0 + i, area + kVectorBytes * i);
    return;
  }
  memset(area, 0, kFloatBytes);
  auto control = static_cast<uint16_t>(machine.Read(UC_X86_REG_FPCW)), status = static_cast<uint16_t>(machine.Read(UC_X86_REG_FPSW));
  auto tags = static_cast<uint16_t>(machine.Read(UC_X86_REG_FPTAG));
  uint64_t opcode = machine.Read(UC_X86_REG_FOP), instruction = machine.Read(UC_X86_REG_FIP), operand = machine.Read(UC_X86_REG_FDP);
  auto mxcsr = static_cast<uint32_t>(machine.Read(UC_X86_REG_MXCSR));
  uint8_t valid = 0;
  for (int i = 0; i < 8; i++) if ((tags >> 2 * i & 3) != 3) valid = static_cast<uint8_t>(valid | 1 << i);
  memcpy(area, &control, 2);
  memcpy(area + 2, &status, 2);
  area[4] = valid;
  memcpy(area + 6, &opcode, 2);
  memcpy(area + 8, &instruction, 8);
  memcpy(area + 16, &operand, 8);
  memcpy(area + 24, &mxcsr, 4);
  area[28] = area[29] = 0xff;  // MXCSR_MASK
  for (int i = 0; i < 8; i++) {
    uint8_t value[kVectorBytes] = {};
    uc_reg_read(uc, UC_X86_REG_ST0 + i, value);
    memcpy(area + kX87Offset + kVectorBytes * i, value, kX87Bytes);
  }
  for (int i = 0; i < 16; i++) uc_reg_read(uc, UC_X86_REG_XMM0 + i, area + kXmmOffset + kVectorBytes * i);
}

void RegisterBlock::WriteFloats(Machine& machine, const uint8_t* area) const {
  uc_engine* uc = machine.uc();
  if (!model_.x86()) {
    for (int i = 0; i < 32; i++) uc_reg_write(uc, UC_ARM64_REG_V0 + i, area + kVectorBytes * i);
    return;
  }
  uint16_t control, status, tags = 0;
  uint64_t opcode = 0, instruction, operand;
  uint32_t mxcsr;
  memcpy(&control, area, 2);
  memcpy(&status, area + 2, 2);
  memcpy(&opcode, area + 6, 2);
  memcpy(&instruction, area + 8, 8);
  memcpy(&operand, area + 16, 8);
  memcpy(&mxcsr, area + 24, 4);
  for (int i = 0; i < 8; i++) if (!(area[4] >> i & 1)) tags = static_cast<uint16_t>(tags | 3 << 2 * i);
  machine.Write(UC_X86_REG_FPCW, control);
  machine.Write(UC_X86_REG_FPSW, status);  // the top of stack, before ST0-7
  for (int i = 0; i < 8; i++) uc_reg_write(uc, UC_X86_REG_ST0 + i, area + kX87Offset + kVectorBytes * i);
  machine.Write(UC_X86_REG_FPTAG, tags);
  machine.Write(UC_X86_REG_FOP, opcode);
  machine.Write(UC_X86_REG_FIP, instruction);
  machine.Write(UC_X86_REG_FDP, operand);
  machine.Write(UC_X86_REG_MXCSR, mxcsr);
  for (int i = 0; i < 16; i++) uc_reg_write(uc, UC_X86_REG_XMM0 + i, area + kXmmOffset + kVectorBytes * i);
}
