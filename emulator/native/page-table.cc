#include "page-table.h"

#include <cstdlib>

PageTable::~PageTable() {
  for (Middle* middle : root_) {
    if (!middle) continue;
    for (Leaf* leaf : middle->leaves) free(leaf);
    free(middle);
  }
}

uint64_t* PageTable::Make(uint64_t address) {
  uint64_t page = address >> shift_;
  if (page >> 36) return nullptr;
  Middle*& middle = root_[page >> 24];
  if (!middle) middle = static_cast<Middle*>(calloc(1, sizeof(Middle)));
  if (!middle) return nullptr;
  Leaf*& leaf = middle->leaves[page >> 12 & 4095];
  if (!leaf) leaf = static_cast<Leaf*>(calloc(1, sizeof(Leaf)));
  return leaf ? &leaf->entries[page & 4095] : nullptr;
}
