#include "access-probe.h"

#include <cstring>

void AccessProbe::Open() {
  scratch_ = memory_.physical().Allocate();
  for (uint64_t& copy : copies_) copy = memory_.physical().Allocate();
}

AccessProbe::Access AccessProbe::Run(uint64_t refusedPage) {
  stepper_.FlushTlb();
  page_ = refusedPage;
  copied_ = 0;
  began_ = false;
  access_ = Access{};
  stepper_.Start(stepper_.Pc());
  page_ = kNone;
  stepper_.FlushTlb();
  return access_;
}

bool AccessProbe::Fill(uint64_t address, uc_mem_type type, uc_tlb_entry* result) {
  if (memory_.FillOwn(address, type, result)) return true;
  address = stepper_.model().Untagged(address);
  if (address == page_) {
    result->paddr = scratch_;
    result->perms = UC_PROT_ALL;
    return true;
  }
  if (type == UC_MEM_FETCH) return memory_.Fill(stepper_, address, type, result);
  const uint64_t* entry = memory_.Permitted(address, type);
  if (!entry) return false;
  result->paddr = PageTable::FrameOf(*entry);
  result->perms = UC_PROT_READ;
  if (type != UC_MEM_WRITE) return true;
  if (copied_ == kCopies) return false;
  uint64_t copy = copies_[copied_++];
  memcpy(memory_.At(copy), memory_.At(result->paddr), stepper_.model().pageSize());
  result->paddr = copy;
  result->perms = static_cast<uc_prot>(UC_PROT_READ | UC_PROT_WRITE);
  return true;
}

void AccessProbe::OnInstruction() {
  if (began_) stepper_.Stop();
  began_ = true;
}

// Called in front of each access.
void AccessProbe::OnAccess(uint64_t physical, uint32_t size) {
  if (access_.size) return;
  uint64_t pageSize = stepper_.model().pageSize(), at = physical & (pageSize - 1);
  bool reaches = stepper_.model().PageOf(physical) == scratch_, crosses = at + size > pageSize;
  if (!reaches && !crosses) return;
  access_ = Access{reaches ? at : 0, size};  // a crossing access is refused at the page's first byte
  stepper_.Stop();
}
