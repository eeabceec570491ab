// Mapping, unmapping, protecting and aliasing: changes to the page table, and
// which of them must flush a TLB or drop translations.
#include "engine.h"

void Engine::UpdateMemoryState() {
  state_[kResident] = static_cast<double>(memory_.resident());
  state_[kPeakResident] = static_cast<double>(memory_.peak());
}

// A page loses rights: only a TLB that may hold it needs a flush, and only once before the next run.
void Engine::Narrowed(uint64_t entry) {
  if (PageTable::Generation(entry) == main_.generation) main_.flush = true;
  if (stepper_.filled) stepper_.flush = true;
}

void Engine::DropPages(uint64_t address, uint64_t length) {
  uint64_t run = 0, count = 0;
  table_.ForEach(address, length, [&](uint64_t& entry, uint64_t) {
    uint64_t offset = PageTable::FrameOf(entry);
    if (offset) {
      Narrowed(entry);
      RemoveCode(offset);
      if (memory_.Release(offset)) {
        if (count && run + (count << shift_) == offset) {
          count++;
        } else {
          if (count) memory_.Free(run, count);
          run = offset;
          count = 1;
        }
      }
    }
    entry = 0;
  });
  if (count) memory_.Free(run, count);
  state_[kGeneration]++;
  state_[kMappingGeneration]++;
  UpdateMemoryState();
}

bool Engine::MapPages(uint64_t address, uint64_t length, unsigned prot) {
  DropPages(address, length);
  for (uint64_t page = address; page != address + length; page += pageSize()) {
    uint64_t* entry = table_.Make(page);
    if (!entry) return false;
    *entry = kMapped | (prot & kProtMask);
  }
  ApplyWatchpoints(address, length);
  return true;
}

void Engine::UnmapPages(uint64_t address, uint64_t length) { DropPages(address, length); }

bool Engine::ProtectPages(uint64_t address, uint64_t length, unsigned prot) {
  uint64_t wanted = prot & kProtMask, pages = 0;
  bool narrowed = false;
  table_.ForEach(address, length, [&](uint64_t& entry, uint64_t) {
    pages++;
    uint64_t before = entry & kProtMask;
    if (before == wanted) return;
    if (before & ~wanted) {
      Narrowed(entry);
      narrowed = true;
    }
    entry = (entry & ~kProtMask) | wanted;
  });
  if (narrowed) state_[kGeneration]++;
  return pages << shift_ == length;
}

bool Engine::AliasPages(uint64_t address, uint64_t source, uint64_t length, unsigned prot) {
  for (uint64_t at = 0; at < length; at += pageSize()) {
    uint64_t* from = table_.Find(source + at);
    if (!from || !(*from & kMapped)) return false;
    if (!PageTable::FrameOf(*from)) {
      uint64_t offset = memory_.Allocate();
      if (!offset) return false;
      *from |= offset;
    }
    uint64_t offset = PageTable::FrameOf(*from);
    memory_.Retain(offset);
    DropPages(address + at, pageSize());
    uint64_t* entry = table_.Make(address + at);
    if (!entry) return false;
    *entry = kMapped | (prot & kProtMask) | offset;
  }
  ApplyWatchpoints(address, length);
  UpdateMemoryState();
  return true;
}

double Engine::Translate(uint64_t address, unsigned access) {
  uint64_t* entry = table_.Find(address);
  if (!entry || !(*entry & kMapped) || (access & ~*entry & kProtMask)) return -1;
  if (!PageTable::FrameOf(*entry)) {
    uint64_t offset = memory_.Allocate();
    if (!offset) return -1;
    *entry |= offset;
    UpdateMemoryState();
  }
  return static_cast<double>(PageTable::FrameOf(*entry) + (address & (pageSize() - 1)));
}

int Engine::Protection(uint64_t address) {
  uint64_t* entry = table_.Find(address);
  return entry && *entry & kMapped ? static_cast<int>(*entry & kProtMask) : -1;
}

void Engine::CodeChanged(uint64_t address, uint64_t length) {
  uint64_t first = address & ~(pageSize() - 1), end = (address + length + pageSize() - 1) & ~(pageSize() - 1);
  table_.ForEach(first, end - first, [&](uint64_t& entry, uint64_t) {
    uint64_t offset = PageTable::FrameOf(entry);
    if (!offset || !memory_.frame(offset).code) return;
    RemoveCode(offset);
    // Both TLBs may still hold it as executable: it must be asked for again to be seen as code.
    main_.flush = stepper_.flush = true;
  });
}

void Engine::ApplyWatchpoints(uint64_t address, uint64_t length) {
  for (const Watchpoint& w : watchpoints_) {
    if (w.address >= address + length || w.address + w.length <= address) continue;
    uint64_t mask = ~(pageSize() - 1);
    table_.ForEach(w.address & mask, ((w.address + w.length + pageSize() - 1) & mask) - (w.address & mask), [&](uint64_t& entry, uint64_t) {
      uint64_t bits = (w.access & kRead ? kWatchRead : 0) | (w.access & kWrite ? kWatchWrite : 0);
      if (bits & ~entry) Narrowed(entry);
      entry |= bits;
    });
  }
}

void Engine::AddWatchpoint(const Watchpoint& watchpoint) {
  watchpoints_.push_back(watchpoint);
  ApplyWatchpoints(watchpoint.address, watchpoint.length);
}

void Engine::RemoveWatchpoint(uint64_t address, uint64_t length) {
  uint64_t mask = ~(pageSize() - 1);
  for (size_t i = watchpoints_.size(); i-- > 0;) {
    if (watchpoints_[i].address == address && watchpoints_[i].length == length) watchpoints_.erase(watchpoints_.begin() + static_cast<long>(i));
  }
  uint64_t first = address & mask, size = ((address + length + pageSize() - 1) & mask) - first;
  table_.ForEach(first, size, [](uint64_t& entry, uint64_t) { entry &= ~kWatchMask; });
  ApplyWatchpoints(first, size);
}
