// Addresses that no guest has, where the TLB fill serves pages of our own.
#pragma once
#include <unicorn/unicorn.h>

#include <cstdint>

#include "cpu-model.h"

constexpr uint64_t kDirectMap = 0x00fe000000000000;    // + offset in physical memory, while `internal`
constexpr uint64_t kBootAddress = 0x00ff000000010000;  // start-up code, while `internal`
constexpr uint64_t kDescriptors = 0x00ff000000020000;  // the GDT, read by segment loads

struct OwnPages {
  bool internal = false;  // an access of ours, not the guest's
  uint64_t boot = 0, descriptors = 0;  // frames

  bool Fill(const CpuModel& model, uint64_t address, uc_mem_type type, uc_tlb_entry* result) const {
    uint64_t page = model.PageOf(address);
    result->perms = UC_PROT_ALL;
    if (internal && page >> 32 == kDirectMap >> 32) {
      result->paddr = page & 0xffffffff;
    } else if (internal && page == kBootAddress) {
      result->paddr = boot;
    } else if (page == kDescriptors && descriptors && type == UC_MEM_READ) {
      result->paddr = descriptors;
      result->perms = UC_PROT_READ;
    } else {
      return false;
    }
    return true;
  }
};

// For as long as it lives, accesses are ours.
class Internal {
 public:
  explicit Internal(OwnPages& own) : own_(own), before_(own.internal) { own.internal = true; }
  ~Internal() { own_.internal = before_; }

 private:
  OwnPages& own_;
  bool before_;
};
