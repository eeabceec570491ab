#include "page-table.h"

#include <cstdlib>

PageTable::~PageTable() {
  for (Middle* middle : root_) {
    if (!middle) continue;
    for (Slot slot : middle->slots) if (!(slot & kAlike)) free(LeafOf(slot));
    free(middle);
  }
}

PageTable::Middle* PageTable::MakeMiddle(uint64_t page) {
  if (page >> 36) return nullptr;
  Middle*& middle = root_[page >> 24];
  if (middle) return middle;
  middle = static_cast<Middle*>(calloc(1, sizeof(Middle)));
  if (middle) bytes_ += sizeof(Middle);
  return middle;
}

PageTable::Leaf* PageTable::NewLeaf() {
  Leaf* leaf = static_cast<Leaf*>(calloc(1, sizeof(Leaf)));
  if (leaf) bytes_ += sizeof(Leaf);
  return leaf;
}

bool PageTable::Expand(Slot& slot) {
  Leaf* leaf = NewLeaf();
  if (!leaf) return false;
  for (uint64_t& entry : leaf->entries) entry = slot >> 1;
  slot = reinterpret_cast<Slot>(leaf);
  return true;
}

// Neighbouring pieces of untouched memory may have made all pages alike.
void PageTable::Join(Slot& slot) {
  Leaf* leaf = LeafOf(slot);
  uint64_t entry = leaf->entries[0];
  if (FrameOf(entry)) return;
  for (uint64_t other : leaf->entries) if (other != entry) return;
  free(leaf);
  bytes_ -= sizeof(Leaf);
  slot = entry << 1 | kAlike;
}

uint64_t* PageTable::Make(uint64_t address) {
  uint64_t page = address >> shift_;
  Middle* middle = MakeMiddle(page);
  if (!middle) return nullptr;
  Slot& slot = middle->slots[page >> 12 & 4095];
  if (!slot) slot = reinterpret_cast<Slot>(NewLeaf());
  return Find(address);
}

bool PageTable::Fill(uint64_t address, uint64_t length, uint64_t entry) {
  uint64_t page = address >> shift_, end = (address + length) >> shift_;
  while (page < end) {
    Middle* middle = MakeMiddle(page);
    if (!middle) return false;
    Slot& slot = middle->slots[page >> 12 & 4095];
    if (page & 4095 || end - page < 4096) {
      uint64_t stop = page - (page & 4095) + 4096;
      if (stop > end) stop = end;
      uint64_t* first = Make(page << shift_);
      if (!first) return false;
      for (; page < stop; page++) *first++ = entry;
      Join(slot);
      continue;
    }
    if (slot && !(slot & kAlike)) {
      free(LeafOf(slot));
      bytes_ -= sizeof(Leaf);
    }
    slot = entry << 1 | kAlike;
    page += 4096;
  }
  return true;
}
