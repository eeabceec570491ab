#include "descriptors.h"

#include <cstring>

#include "register-block.h"

namespace {
constexpr uint64_t kCode32 = 0x00cffb000000ffff, kCode64 = 0x00affb000000ffff, kData = 0x00cff3000000ffff;

uint64_t WithBase(uint64_t descriptor, uint64_t base) {
  return (descriptor & ~0xff0000ffffff0000ull) | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
}
}  // namespace

void Descriptors::Write(uint16_t selector, uint64_t descriptor) {
  if (selector >> 3) memcpy(memory_.At(memory_.own.descriptors) + (selector & ~7u), &descriptor, 8);
}

void Descriptors::Build() {
  memory_.own.descriptors = memory_.physical().Allocate();
  const Selectors& s = model_.selectors;
  for (uint16_t selector : {s.fs, s.gs, s.ss, s.ds, s.es}) Write(selector, kData);
  if (s.cs32) Write(s.cs32, kCode32);
  if (s.cs64) Write(s.cs64, kCode64);
}

void Descriptors::Sync(const uint64_t* general) {
  if (model_.cpu != Cpu::kIa32) return;
  const Selectors& s = model_.selectors;
  const uint16_t selectors[] = {s.fs, s.gs};
  for (int i = 0; i < 2; i++) {
    uint16_t selector = selectors[i];
    uint64_t base = general[kFsBase + i];
    if (!(selector >> 3) || selector == s.ds || selector == s.ss || base == base_[i]) continue;
    // A thread that has loaded a null selector has no segment to describe.
    if (general[kFs + i] != selector) continue;
    base_[i] = base;
    Write(selector, WithBase(kData, base));
  }
}
