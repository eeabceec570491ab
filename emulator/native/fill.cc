// The TLB fill: Unicorn asks here for each page that its TLB lacks. Also the rules
// that keep translated code in step with memory, which rest on two measured facts:
// an entry without the executable bit becomes "dirty" at its first store, after
// which stores are fast and unseen; an entry with it checks every store (slow). So no page
// is ever given out as writable and executable together.
#include <cstring>

#include "engine.h"

bool Engine::OnFill(uc_engine* uc, uint64_t address, uc_mem_type type, uc_tlb_entry* result, void* user) {
  auto* machine = static_cast<Machine*>(user);
  return machine->engine->Fill(*machine, address, type, result);
}

static uc_prot Permissions(uint64_t bits) { return static_cast<uc_prot>(bits & kProtMask); }

bool Engine::Deny(uint64_t address, uc_mem_type type, int detail) {
  deniedPage_ = address;
  deniedType_ = type;
  deniedDetail_ = detail;
  deniedWatch_ = false;
  return false;
}

bool Engine::Fill(Machine& machine, uint64_t address, uc_mem_type type, uc_tlb_entry* result) {
  if (address >> 47) {
    uint64_t page = address & ~(pageSize() - 1);
    if (internal_ && address >> 32 == kDirectMap >> 32) {
      result->paddr = page & 0xffffffff;
      result->perms = UC_PROT_ALL;
      return true;
    }
    if (internal_ && page == kBootAddress) {
      result->paddr = bootPage_;
      result->perms = UC_PROT_ALL;
      return true;
    }
    if (page == kDescriptors && descriptorPage_ && type == UC_MEM_READ) {
      result->paddr = descriptorPage_;
      result->perms = UC_PROT_READ;
      return true;
    }
    if (cpu_ == Cpu::kIa32) address &= 0xffffffff;        // an access that wraps at 4 GiB
    else if (cpu_ == Cpu::kArm64) address &= 0x00ffffffffffffff;  // the top byte is a tag
  }
  if (cpu_ == Cpu::kIa32) address &= 0xffffffff;
  if (&machine == &stepper_) {
    machine.filled = true;
    if (address == probePage_) {
      result->paddr = probeFrame_;
      result->perms = UC_PROT_ALL;
      return true;
    }
  }
  uint64_t need = type == UC_MEM_WRITE ? kWrite : type == UC_MEM_FETCH ? kExec : kRead;
  uint64_t* entry = table_.Find(address);
  if (!entry || !(*entry & need) || !(*entry & kMapped)) return Deny(address, type, 0);

  uint64_t allowed = *entry & kProtMask;
  if (*entry & kWatchMask && &machine == &main_) {  // the stepper sees each access anyway
    if (*entry & kWatchRead) allowed &= ~kRead;
    if (*entry & kWatchWrite) allowed &= ~kWrite;
    if (!(allowed & need)) {
      Deny(address, type, 0);
      deniedWatch_ = true;
      return false;
    }
  }
  uint64_t offset = PageTable::FrameOf(*entry);
  if (!offset) {
    offset = memory_.Allocate();
    if (!offset) return Deny(address, type, 1);
    *entry |= offset;
    UpdateMemoryState();
  }
  Frame& frame = memory_.frame(offset);
  result->paddr = offset;
  if (probePage_ != ~0ull && need != kExec && &machine == &stepper_) return FillProbe(offset, need, result);
  if (need == kExec) {
    if (!FillExecutable(machine, offset)) return Deny(address, type, 1);
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
  if (&machine == &main_) *entry = (*entry & 0xffffffff) | uint64_t{machine.generation} << 32;
  return true;
}

// While an access is looked into, nothing is changed: stores go to a copy of the page.
bool Engine::FillProbe(uint64_t offset, uint64_t need, uc_tlb_entry* result) {
  result->perms = UC_PROT_READ;
  if (need == kRead) return true;
  if (probeCopied_ == kProbeCopies) return false;
  uint64_t copy = probeCopies_[probeCopied_++];
  memcpy(memory_.base() + copy, memory_.base() + offset, pageSize());
  result->paddr = copy;
  result->perms = static_cast<uc_prot>(UC_PROT_READ | UC_PROT_WRITE);
  return true;
}

// A first fetch from a frame: stores that are fast and unseen now must be no longer.
bool Engine::FillExecutable(Machine& machine, uint64_t offset) {
  Frame& frame = memory_.frame(offset);
  if (frame.code) return true;
  if (!ShadowCode(offset)) return false;
  frame.code = true;
  if (!frame.storable) return true;
  frame.storable = false;
  // The entry being filled is replaced; other names of the frame need a flush.
  if (frame.references > 1) FlushNow(machine);
  (&machine == &main_ ? stepper_ : main_).flush = true;
  return true;
}

// A store to a frame that may have translated code. In the page that is running (or the one
// that the running block may reach into) the instructions that follow may change: main leaves
// the store to the stepper, which stops after it and drops what was translated.
bool Engine::FillWritten(Machine& machine, uint64_t address, uint64_t offset) {
  uint64_t page = Pc(machine.uc) & ~(pageSize() - 1);
  bool running = false;
  for (uint64_t at : {page, page + pageSize()}) {
    uint64_t* entry = table_.Find(at);
    running = running || (entry && PageTable::FrameOf(*entry) == offset);
  }
  if (running) {
    if (&machine == &stepper_) {
      // With its translations gone, Unicorn has no reason to begin the instruction again.
      RemoveMachineCode(stepper_, offset);
      if (memory_.frame(offset).shadowed) RemoveMachineCode(stepper_, shadows_[offset]);
      selfStore_ = offset;
      return true;
    }
    Deny(address, UC_MEM_WRITE, 0);
    deniedWatch_ = true;
    return false;
  }
  RemoveCode(offset);
  memory_.frame(offset).storable = true;
  FlushNow(machine);
  return true;
}

void Engine::FlushNow(Machine& machine) {
  uc_ctl_flush_tlb(machine.uc);
  machine.flush = false;
  machine.filled = false;
  if (++machine.generation == 0) machine.generation = 1;
}

// Unicorn finds translations by physical page but wants a virtual address to name it,
// looks only at the first page, and does nothing where the fill refuses a fetch.
void Engine::RemoveMachineCode(Machine& machine, uint64_t offset) {
  bool before = internal_;
  internal_ = true;
  uc_ctl_remove_cache(machine.uc, uint64_t{kDirectMap + offset}, uint64_t{kDirectMap + offset + pageSize()});
  internal_ = before;
  machine.flush = true;
}

void Engine::RemoveCode(uint64_t offset) {
  Frame& frame = memory_.frame(offset);
  if (!frame.code) return;
  frame.code = false;
  if (frame.shadowed) DropShadow(offset);
  RemoveMachineCode(main_, offset);
  RemoveMachineCode(stepper_, offset);
  ForgetBlocks();
}

void Engine::ForgetBlocks() {
  Block* block = current;
  uint64_t address = block ? AddressOf(*block) : 0;
  codeGeneration += uint64_t{1} << 48;
  if (codeGeneration == 0) for (size_t i = 0; i < kBlockSlots; i++) blocks[i] = Block{~0ull, 0, 0};
  // The block that is running keeps its place, so that it can still be counted.
  if (block) block->tag = address ^ codeGeneration;
}
