// Translated code that is no longer true. Unicorn finds translations by physical page but
// wants a virtual address to name it, looks only at the first page of a range, and does
// nothing where the fill refuses a fetch: so each frame is named through the direct map.
#include "guest-memory.h"

void GuestMemory::DropCode(Machine& machine, uint64_t offset) {
  if (!machine.uc()) return;  // not opened yet
  Internal ours(own);
  uc_ctl_remove_cache(machine.uc(), uint64_t{kDirectMap + offset}, uint64_t{kDirectMap + offset + model_.pageSize()});
  machine.tlb.flush = true;
}

void GuestMemory::DropCode(uint64_t offset) {
  Frame& frame = physical_.frame(offset);
  if (!frame.code) return;
  frame.code = false;
  if (frame.shadowed) DropShadow(offset);
  DropCode(main_, offset);
  DropCode(stepper_, offset);
  codeDropped_();
}

void GuestMemory::CodeChanged(uint64_t address, uint64_t length) {
  uint64_t first = model_.PageOf(address), end = model_.PageAfter(address + length);
  table_.ForEach(first, end - first, [&](uint64_t& entry, uint64_t, uint64_t) {
    uint64_t offset = PageTable::FrameOf(entry);
    if (!offset || !physical_.frame(offset).code) return;
    DropCode(offset);
    // Both TLBs may still hold it as executable: it must be asked for again to be seen as code.
    main_.tlb.flush = stepper_.tlb.flush = true;
  });
}
