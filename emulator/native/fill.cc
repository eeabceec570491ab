// The TLB fill: Unicorn asks here for each page that its TLB lacks. Two measured facts
// decide what it gets: an entry without the executable bit becomes "dirty" at its first
// store, after which stores are fast and unseen; an entry with it checks every store
// (slow). So no page is ever given out as writable and executable together.
#include "guest-memory.h"

namespace {
uc_prot Permissions(uint64_t bits) { return static_cast<uc_prot>(bits & kProtMask); }
uint64_t Need(uc_mem_type type) { return type == UC_MEM_WRITE ? kWrite : type == UC_MEM_FETCH ? kExec : kRead; }
}  // namespace

bool GuestMemory::OnMainFill(uc_engine*, uint64_t address, uc_mem_type type, uc_tlb_entry* result, void* user) {
  auto* memory = static_cast<GuestMemory*>(user);
  return memory->Fill(memory->main_, address, type, result);
}

bool GuestMemory::Refuse(uint64_t address, uc_mem_type type) {
  refusal = Refusal{address, type, false, false};
  return false;
}

bool GuestMemory::LeaveToStepper(uint64_t address, uc_mem_type type) {
  refusal = Refusal{address, type, false, true};
  return false;
}

uint64_t* GuestMemory::Permitted(uint64_t address, uc_mem_type type) {
  uint64_t* entry = table_.Find(address);
  if (!entry || !(*entry & Need(type)) || !(*entry & kMapped)) {
    Refuse(address, type);
    return nullptr;
  }
  if (PageTable::FrameOf(*entry) || GiveFrame(*entry)) return entry;
  Refuse(address, type);
  refusal.exhausted = true;
  return nullptr;
}

bool GuestMemory::Fill(Machine& machine, uint64_t address, uc_mem_type type, uc_tlb_entry* result) {
  if (FillOwn(address, type, result)) return true;
  machine.tlb.filled = true;
  address = model_.Untagged(address);
  uint64_t* entry = Permitted(address, type);
  if (!entry) return false;

  uint64_t need = Need(type), allowed = *entry & kProtMask;
  if (*entry & kWatchMask && !machine.steps) {  // the stepper sees each access anyway
    if (*entry & kWatchRead) allowed &= ~kRead;
    if (*entry & kWatchWrite) allowed &= ~kWrite;
    if (!(allowed & need)) return LeaveToStepper(address, type);
  }
  uint64_t offset = PageTable::FrameOf(*entry);
  Frame& frame = physical_.frame(offset);
  result->paddr = offset;
  if (need == kExec) {
    if (!FillExecutable(machine, offset)) {
      Refuse(address, type);
      refusal.exhausted = true;
      return false;
    }
    if (frame.shadowed) result->paddr = shadows_[offset];
    result->perms = Permissions(frame.shadowed ? kExec : allowed & ~kWrite);
  } else if (!(allowed & kWrite)) {
    result->perms = Permissions(frame.code && !frame.shadowed ? allowed : allowed & ~kExec);
  } else if (!frame.code) {
    frame.storable = true;
    result->perms = Permissions(allowed & ~kExec);
  } else if (need == kRead) {
    result->perms = Permissions(allowed & ~(frame.shadowed ? kWrite | kExec : kWrite));
  } else {
    if (!FillWritten(machine, address, offset)) return false;
    result->perms = Permissions(allowed & ~kExec);
  }
  // After any flush above, which would begin a new generation.
  if (!machine.steps) *entry = (*entry & 0xffffffff) | uint64_t{machine.tlb.generation} << 32;
  return true;
}

// A first fetch from a frame: stores that are fast and unseen now must be no longer.
bool GuestMemory::FillExecutable(Machine& machine, uint64_t offset) {
  Frame& frame = physical_.frame(offset);
  if (frame.code) return true;
  if (!ShadowCode(offset)) return false;
  frame.code = true;
  if (!frame.storable) return true;
  frame.storable = false;
  // The entry being filled is replaced; other names of the frame need a flush.
  if (frame.references > 1) machine.FlushTlb();
  (machine.steps ? main_ : stepper_).tlb.flush = true;
  return true;
}

// A store to a frame that may have translated code. In the page that is running (or the one
// that the running block may reach into) the instructions that follow may change: main leaves
// the store to the stepper, which stops after it and drops what was translated.
bool GuestMemory::FillWritten(Machine& machine, uint64_t address, uint64_t offset) {
  uint64_t page = model_.PageOf(machine.Pc());
  bool running = false;
  for (uint64_t at : {page, page + model_.pageSize()}) {
    uint64_t* entry = table_.Find(at);
    running = running || (entry && PageTable::FrameOf(*entry) == offset);
  }
  if (running) {
    if (!machine.steps) return LeaveToStepper(address, UC_MEM_WRITE);
    // With its translations gone, Unicorn has no reason to begin the instruction again.
    DropCode(machine, offset);
    if (physical_.frame(offset).shadowed) DropCode(machine, shadows_[offset]);
    machine.selfStore = offset;
    return true;
  }
  DropCode(offset);
  physical_.frame(offset).storable = true;
  machine.FlushTlb();
  return true;
}
