#include "block-checks.h"

#include <algorithm>

#include "register-block.h"

bool AlignmentCheck::Holds(const Machine& machine) const {
  uint64_t sum = offset;
  if (base != kNoRegister) sum += machine.Read(RegisterBlock::Id(machine.model(), base));
  if (index != kNoRegister) sum += machine.Read(RegisterBlock::Id(machine.model(), index)) << scale;
  return !(sum & mask);
}

bool BlockChecks::Hold(const Machine& machine) const {
  for (const AlignmentCheck& check : checks) if (!check.Holds(machine)) return false;
  return !(needsValue | needsEmpty) || StackHolds(machine);
}

bool BlockChecks::StackHolds(const Machine& machine) const {
  uint64_t tags = machine.Read(UC_X86_REG_FPTAG), top = machine.Read(UC_X86_REG_FPSW) >> 11 & 7;
  for (uint64_t i = 0; i < 8; i++) {
    uint8_t needed = (tags >> 2 * ((top + i) & 7) & 3) == 3 ? needsValue : needsEmpty;
    if (needed >> i & 1) return false;
  }
  return true;
}

BlockAnalysis::BlockAnalysis(int slots) {
  for (int slot = 0; slot < slots; slot++) known_.push_back(LowBits{LowBits::kRegister, slot, 0});
}

void BlockAnalysis::Need(const LowBits& base, const LowBits& index, unsigned scale, unsigned offset, unsigned bytes) {
  if (bytes > 16 || base.kind == LowBits::kUnknown || (index.kind == LowBits::kUnknown && ((1u << scale) & (bytes - 1)))) {
    result.unknown = true;
    return;
  }
  AlignmentCheck check{base.slot, index.slot, scale, 0, bytes - 1};
  check.offset = (offset + base.delta + (index.delta << scale)) & check.mask;
  if (!((1u << scale) & check.mask)) check.index = kNoRegister;
  if (check.index == kNoRegister) check.scale = 0;
  if (check.base == kNoRegister && check.index == kNoRegister) {
    if (check.offset) result.unknown = true;
  } else if (std::find(result.checks.begin(), result.checks.end(), check) == result.checks.end()) {
    result.checks.push_back(check);
  }
}

void BlockAnalysis::Finish() {
  result.stable = stackIsStable;
  auto stays = [&](int slot, unsigned mask) {
    if (slot == kNoRegister) return true;
    const LowBits& now = known_[static_cast<size_t>(slot)];
    return now.kind == LowBits::kRegister && now.slot == slot && !(now.delta & mask);
  };
  for (const AlignmentCheck& check : result.checks) {
    result.stable = result.stable && stays(check.base, check.mask) && stays(check.index, check.mask >> check.scale);
  }
}
