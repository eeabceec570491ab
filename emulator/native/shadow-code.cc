// Unicorn ends the host process when it translates certain unallocated ARM64 encodings (Arm ARM
// C4.1.96: Advanced SIMD three same FP16, and two-register miscellaneous FP16) instead of raising
// an undefined instruction. A page that holds such words, which may well be constants, is fetched
// from a copy in which they are `udf`; loads still see the page itself.
#include <cstring>

#include "guest-memory.h"

namespace {
constexpr uint32_t Bits(std::initializer_list<int> numbers) {
  uint32_t mask = 0;
  for (int n : numbers) mask |= 1u << n;
  return mask;
}

// By U:a:opcode (bits 29, 23, 13-11).
constexpr uint32_t kThreeSame = Bits({0x0, 0x1, 0x2, 0x3, 0x4, 0x6, 0x7, 0x8, 0x9, 0xa, 0xe, 0xf, 0x10, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1d, 0x1e});
// By opcode (bits 16-12), for each U:a (bits 29, 23).
constexpr uint32_t kTwoMisc[4] = {
    Bits({0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d}),
    Bits({0xc, 0xd, 0xe, 0xf, 0x18, 0x19, 0x1a, 0x1b, 0x1d, 0x1f}),
    Bits({0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d}),
    Bits({0xc, 0xd, 0xf, 0x19, 0x1a, 0x1b, 0x1d, 0x1f}),
};

bool EndsTheProcess(uint32_t word) {
  if ((word & 0x9f60c400) == 0x0e400400) return !(kThreeSame >> ((word >> 11 & 7) | (word >> 20 & 8) | (word >> 25 & 16)) & 1);
  if ((word & 0x8f7e0c00) == 0x0e780800) return !(kTwoMisc[(word >> 23 & 1) | (word >> 28 & 2)] >> (word >> 12 & 31) & 1);
  return false;
}
}  // namespace

// Called when a frame is first fetched from. False: no memory for the copy.
bool GuestMemory::ShadowCode(uint64_t offset) {
  if (model_.x86()) return true;
  const auto* words = reinterpret_cast<const uint32_t*>(At(offset));
  size_t count = model_.pageSize() / 4, first = 0;
  while (first < count && !EndsTheProcess(words[first])) first++;
  if (first == count) return true;
  uint64_t copy = physical_.Allocate();
  if (!copy) return false;
  auto* to = reinterpret_cast<uint32_t*>(At(copy));
  memcpy(to, words, model_.pageSize());
  for (size_t i = first; i < count; i++) if (EndsTheProcess(to[i])) to[i] = 0;
  physical_.frame(offset).shadowed = true;
  shadows_[offset] = copy;
  return true;
}

void GuestMemory::DropShadow(uint64_t offset) {
  uint64_t copy = shadows_[offset];
  shadows_.erase(offset);
  physical_.frame(offset).shadowed = false;
  DropCode(main_, copy);
  DropCode(stepper_, copy);
  physical_.Release(copy);
  physical_.Free(copy, 1);
}
