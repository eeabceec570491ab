#include "boot-code.h"

#include <cstring>

bool BootCode::Run(Machine& machine, const uint8_t* code, size_t size) {
  // Behind it something that ends a block: hlt; hvc #0.
  uint32_t end = machine.model().x86() ? 0xf4f4f4f4 : 0xd4000002;
  uint8_t* page = memory_.At(memory_.own.boot);
  for (uint64_t at = 0; at < machine.model().pageSize(); at += 4) memcpy(page + at, &end, 4);
  memcpy(page, code, size);
  memory_.DropCode(machine, memory_.own.boot);
  counting_.BeginBoot();
  stop_.Clear();
  uc_err error;
  {
    Internal ours(memory_.own);
    error = machine.Start(kBootAddress);
  }
  machine.FlushTlb();
  return error == UC_ERR_OK || error == UC_ERR_EXCEPTION;
}
