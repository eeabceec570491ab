#include "unicorn-places.h"

#include <cstring>
#include <vector>

#include "host.h"

namespace {
const uint8_t kLoadX86[] = {0x8a, 0x00};                             // mov al, [rax]
const uint8_t kLoadArm64[] = {0x00, 0x00, 0x40, 0x39};               // ldrb w0, [x0]
const uint8_t kDivide[] = {0x31, 0xc9, 0xf7, 0xf1};                  // xor ecx, ecx; div ecx: vector 0
const uint8_t kBadSelector[] = {0x66, 0xb8, 0xf8, 0x7f, 0x8e, 0xe8}; // mov ax, 0x7ff8; mov gs, ax: vector 13
const uint8_t kLoadExclusive[] = {0x20, 0x7c, 0x5f, 0xc8, 0x02, 0x00, 0x00, 0xd4};                             // ldxr x0, [x1]; hvc #0
const uint8_t kLoadAndClear[] = {0x20, 0x7c, 0x5f, 0xc8, 0x5f, 0x3f, 0x03, 0xd5, 0x02, 0x00, 0x00, 0xd4};      // and clrex between

int32_t Word(const Blob& blob, size_t i) { return reinterpret_cast<const int32_t*>(blob.data())[i]; }
}  // namespace

bool UnicornPlaces::Found(UnicornPlace place, size_t count) {
  if (count != 1 || hidden_ & place) return false;
  found_ |= place;
  return true;
}

// The word of Unicorn's own state that holds each of three refused addresses after its refusal.
void UnicornPlaces::FindRefusedAddress(Machine& machine, BootCode& boot) {
  const auto* state = reinterpret_cast<const uint64_t*>(machine.uc());
  size_t words = AllocatedBytes(machine.uc()) / 8;
  bool x86 = machine.model().x86();
  std::vector<size_t> places;
  bool first = true;
  for (uint64_t magic : {0x123456789abdull, 0x2badcafe7773ull, 0x0f1e2d3c4b5aull}) {
    machine.Write(x86 ? static_cast<int>(UC_X86_REG_RAX) : static_cast<int>(UC_ARM64_REG_X0), magic);
    if (x86) boot.Run(machine, kLoadX86);
    else boot.Run(machine, kLoadArm64);
    std::vector<size_t> still;
    if (first) {
      for (size_t i = 0; i < words; i++) if (state[i] == magic) still.push_back(i);
    } else {
      for (size_t i : places) if (state[i] == magic) still.push_back(i);
    }
    places = still;
    first = false;
  }
  if (Found(kRefusedAddress, places.size())) machine.refusedAddress = state + places[0];
}

void UnicornPlaces::ShareRefusedAddress(const Machine& from, Machine& to) {
  if (!from.refusedAddress || !to.uc()) return;
  to.refusedAddress = reinterpret_cast<const uint64_t*>(to.uc()) + (from.refusedAddress - reinterpret_cast<const uint64_t*>(from.uc()));
}

std::string UnicornPlaces::FindInSavedState(Machine& machine, BootCode& boot) {
  if (machine.model().x86()) {
    exception_ = FindException(machine, boot);
    errorCode_ = FindErrorCode(machine, boot);
    sseFlags_ = FindFloatFlags(machine, boot, true);
    x87Flags_ = FindFloatFlags(machine, boot, false);
    if (!Found(kFloatFlags, sseFlags_ != kNowhere && x87Flags_ != kNowhere)) sseFlags_ = x87Flags_ = kNowhere;
    return exception_ == kNowhere ? "this build of Unicorn keeps its exception state where it cannot be found" : "";
  }
  monitor_ = FindMonitor(machine, boot);
  return monitor_ == kNowhere ? "this build of Unicorn keeps the exclusive monitor where it cannot be found" : "";
}

// The int32 that remembers an exception: -1 before, the vector after.
size_t UnicornPlaces::FindException(Machine& machine, BootCode& boot) {
  Blob before, divided, refused;
  machine.Save(before);
  boot.Run(machine, kDivide);
  machine.Save(divided);
  machine.Restore(before);
  boot.Run(machine, kBadSelector);
  machine.Save(refused);
  machine.Restore(before);
  size_t place = kNowhere, count = 0;
  for (size_t i = 0; i < before.size() * 2; i++) {
    if (Word(before, i) != -1 || Word(divided, i) != 0 || Word(refused, i) != 13) continue;
    place = i * 4;
    count++;
  }
  return Found(kExceptionInFlight, count) ? place : kNowhere;
}

// The int32 that is the index of each of two selectors that are refused; the selectors themselves have other low bits.
size_t UnicornPlaces::FindErrorCode(Machine& machine, BootCode& boot) {
  const uint8_t bad[][6] = {{0x66, 0xb8, 0xfb, 0x7f, 0x8e, 0xe8}, {0x66, 0xb8, 0xf3, 0x5f, 0x8e, 0xe8}};  // mov ax, selector; mov gs, ax
  Blob before, refused[2];
  machine.Save(before);
  for (int i = 0; i < 2; i++) {
    boot.Run(machine, bad[i]);
    machine.Save(refused[i]);
    machine.Restore(before);
  }
  size_t place = kNowhere, count = 0;
  for (size_t i = 0; i < before.size() * 2; i++) {
    if (Word(refused[0], i) != 0x7ff8 || Word(refused[1], i) != 0x5ff0) continue;
    place = i * 4;
    count++;
  }
  return Found(kErrorCode, count) ? place : kNowhere;
}

// The byte that is 0 before, has "invalid" after the root of -1, and "inexact" after that of 2.
size_t UnicornPlaces::FindFloatFlags(Machine& machine, BootCode& boot, bool sse) {
  const uint8_t x87[2][6] = {{0xd9, 0xe8, 0xd9, 0xe0, 0xd9, 0xfa}, {0xd9, 0xe8, 0xd8, 0xc0, 0xd9, 0xfa}};  // fld1; fchs or fadd st, st; fsqrt
  const uint8_t roots[] = {0xf2, 0x0f, 0x2a, 0xc0, 0xf2, 0x0f, 0x51, 0xc0};                               // cvtsi2sd xmm0, eax; sqrtsd xmm0, xmm0
  Blob before, invalid, inexact;
  machine.Save(before);
  for (bool second : {false, true}) {
    if (sse) {
      machine.Write(UC_X86_REG_RAX, second ? 2 : 0xffffffff);
      boot.Run(machine, roots);
    } else {
      boot.Run(machine, x87[second]);
    }
    machine.Save(second ? inexact : invalid);
    machine.Restore(before);
  }
  auto byte = [](const Blob& state, size_t at) { return reinterpret_cast<const uint8_t*>(state.data())[at]; };
  size_t place = kNowhere, count = 0;
  for (size_t at = 0; at < before.size() * 8; at++) {
    if (byte(before, at) || byte(invalid, at) != 1 || byte(inexact, at) != 0x20) continue;
    place = at;
    count++;
  }
  return count == 1 ? place : kNowhere;
}

uint32_t UnicornPlaces::FlagsAt(const Blob& state, size_t place) const {
  return place == kNowhere ? 0 : reinterpret_cast<const uint8_t*>(state.data())[place] & kKeptFlags;
}

void UnicornPlaces::SetFlags(Blob& state, size_t place, uint64_t flags) const {
  if (place != kNowhere) reinterpret_cast<uint8_t*>(state.data())[place] = static_cast<uint8_t>(flags & kKeptFlags);
}

// The word that holds the monitor's address: the address after a load exclusive, all ones after clrex.
size_t UnicornPlaces::FindMonitor(Machine& machine, BootCode& boot) {
  Blob before, held, cleared;
  uint64_t address = kBootAddress + 0x340;
  machine.Save(before);
  machine.Write(UC_ARM64_REG_X1, address);
  boot.Run(machine, kLoadExclusive);
  machine.Save(held);
  machine.Restore(before);
  machine.Write(UC_ARM64_REG_X1, address);
  boot.Run(machine, kLoadAndClear);
  machine.Save(cleared);
  machine.Restore(before);
  size_t place = kNowhere, count = 0;
  for (size_t i = 0; i < before.size(); i++) {
    if (held[i] != address || cleared[i] != ~0ull) continue;
    place = i * 8;
    count++;
  }
  return Found(kExclusiveMonitor, count) ? place : kNowhere;
}

// A hook's handle is the hook: its range is two words in it.
void UnicornPlaces::FindHookRange(uc_hook hook, uint64_t begin, uint64_t end) {
  auto* words = reinterpret_cast<uint64_t*>(hook);
  size_t count = 0, total = AllocatedBytes(words) / 8;
  uint64_t* range = nullptr;
  for (size_t i = 0; i + 1 < total; i++) {
    if (words[i] != begin || words[i + 1] != end) continue;
    range = words + i;
    count++;
  }
  if (Found(kHookRange, count)) hookRange_ = range;
}

void UnicornPlaces::FindRegisters(Machine& machine, const int* ids, int count, int plain) {
  if (hidden_ & kRegisters) return;
  if (registers_.Find(machine, ids, count, plain)) found_ |= kRegisters;
}

void UnicornPlaces::ForgetException(Blob& state) const {
  if (exception_ != kNowhere) memset(reinterpret_cast<uint8_t*>(state.data()) + exception_, 0xff, 4);
}

uint32_t UnicornPlaces::ErrorCode(const Blob& state) const {
  return errorCode_ == kNowhere ? 0 : static_cast<uint32_t>(Word(state, errorCode_ / 4)) & 0xffff;
}

void UnicornPlaces::BreakMonitor(Blob& state) const {
  if (monitor_ != kNowhere) memset(reinterpret_cast<uint8_t*>(state.data()) + monitor_, 0xff, 8);
}
