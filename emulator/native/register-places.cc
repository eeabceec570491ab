#include "register-places.h"

#include <algorithm>
#include <cstring>

namespace {
constexpr size_t kNowhere = ~size_t{0};
// A selector that has a descriptor can't be loaded before there is one, but the four null selectors can.
const uint64_t kNumbers[] = {0x1234567890ab, 0x0badc0ffee31, 0x3f1e2d4c4b5a};
const uint64_t kSelectors[] = {1, 3, 2, 0, 3, 1, 0, 2, 1};
const uint64_t kUntouched = 0xa5a5a5a5a5a5a5a5;

uint16_t SelectorAt(const Blob& state, size_t at) {
  uint16_t value;
  memcpy(&value, reinterpret_cast<const uint8_t*>(state.data()) + at, sizeof value);
  return value;
}

bool IsSelector(int id) {
  for (int selector : {UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_ES, UC_X86_REG_FS, UC_X86_REG_GS}) if (id == selector) return true;
  return false;
}

// The places, every `step` bytes, that had each of `values` when the register had it.
template <size_t kCount, class Has>
std::vector<size_t> Candidates(Machine& machine, int id, const uint64_t (&values)[kCount], size_t step, Has has) {
  std::vector<size_t> candidates;
  Blob state;
  for (size_t round = 0; round < kCount; round++) {
    if (!machine.Write(id, values[round])) return {};
    machine.Save(state);
    if (round == 0) {
      for (size_t at = 0; at < state.size() * 8; at += step) candidates.push_back(at);
    }
    candidates.erase(std::remove_if(candidates.begin(), candidates.end(), [&](size_t at) { return !has(state, at, values[round]); }), candidates.end());
  }
  return candidates;
}
}  // namespace

// Where exactly one place fits.
size_t RegisterPlaces::FindOne(Machine& machine, int id, bool selector) {
  Blob before;
  machine.Save(before);
  std::vector<size_t> found = selector
      ? Candidates(machine, id, kSelectors, 4, [](const Blob& state, size_t at, uint64_t value) { return SelectorAt(state, at) == value; })
      : Candidates(machine, id, kNumbers, 8, [](const Blob& state, size_t at, uint64_t value) { return state[at / 8] == value; });
  machine.Restore(before);
  return found.size() == 1 ? found[0] : kNowhere;
}

bool RegisterPlaces::Find(Machine& machine, const int* ids, int count, int plain) {
  std::vector<Place> places;
  size_t plainEnd = 0, end = 0;
  for (int slot = 0; slot < count; slot++) {
    bool selector = machine.model().x86() && IsSelector(ids[slot]);
    size_t at = FindOne(machine, ids[slot], selector);
    if (at == kNowhere) {
      if (slot < plain) return false;
      continue;
    }
    places.push_back(Place{slot, at, selector});
    end = std::max(end, at + 8);
    if (slot < plain) plainEnd = end;
  }
  if (!FindLength(machine, end)) return false;
  places_ = places;
  plain_ = static_cast<size_t>(plain);
  allPart_ = Beginning(machine, end);
  plainPart_ = Beginning(machine, plainEnd);
  if (!WritesNothingElse(machine)) places_.clear();
  return found();
}

bool RegisterPlaces::Has(int slot) const {
  return std::any_of(places_.begin(), places_.end(), [&](const Place& place) { return place.slot == slot; });
}

bool RegisterPlaces::FindLength(Machine& machine, size_t end) {
  size_t bytes = machine.header().size() * 8, count = 0;
  Blob complete;
  machine.Save(complete);
  for (size_t word = 0; word < 8 && word < machine.header().size(); word++) {
    uint64_t value = machine.header()[word];
    if (value >= bytes || bytes - value <= word * 8 || bytes - value > 256) continue;
    size_t begin = uc_context_size(machine.uc()) - value;
    if (end <= begin) continue;
    Blob part = machine.header();
    std::fill(part.begin() + static_cast<long>((begin + 7) / 8), part.end(), kUntouched);
    part[word] = end - begin;
    machine.Save(part);
    const auto* bytesOf = reinterpret_cast<const uint8_t*>(part.data());
    bool right = memcmp(bytesOf + begin, reinterpret_cast<const uint8_t*>(complete.data()) + begin, end - begin) == 0;
    for (size_t at = end; at < bytes; at++) right = right && bytesOf[at] == (kUntouched & 0xff);
    if (!right) continue;
    length_ = word;
    begin_ = begin;
    count++;
  }
  return count == 1;
}

Blob RegisterPlaces::Beginning(const Machine& machine, size_t end) const {
  Blob part = machine.header();
  part[length_] = end - begin_;
  return part;
}

bool RegisterPlaces::WritesNothingElse(Machine& machine) {
  Blob before, expected, after;
  machine.Save(before);
  expected = before;
  std::vector<uint64_t> slots(plain_);
  for (size_t i = 0; i < plain_; i++) {
    slots[i] = 0x600000000000 + i;
    expected[places_[i].at / 8] = slots[i];
  }
  WritePlain(machine, slots.data());
  machine.Save(after);
  machine.Restore(before);
  return after == expected;
}

void RegisterPlaces::Read(const Machine& machine, uint64_t* slots) {
  machine.Save(allPart_);
  for (const Place& place : places_) slots[place.slot] = place.selector ? SelectorAt(allPart_, place.at) : allPart_[place.at / 8];
}

void RegisterPlaces::WritePlain(Machine& machine, const uint64_t* slots) {
  machine.Save(plainPart_);
  for (size_t i = 0; i < plain_; i++) plainPart_[places_[i].at / 8] = slots[places_[i].slot];
  machine.Restore(plainPart_);
}
