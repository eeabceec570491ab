// Mapping, unmapping, protecting and aliasing: changes to the page table, and
// which of them must flush a TLB or drop translations.
#include <cstring>

#include "exits.h"
#include "guest-memory.h"

GuestMemory::GuestMemory(const CpuModel& model, Machine& main, Machine& stepper, double* state)
    : model_(model), main_(main), stepper_(stepper), state_(state), table_(model.pageShift) {}

bool GuestMemory::Open(uint64_t bytes) {
  if (!physical_.Open(bytes, model_.pageShift)) return false;
  own.boot = physical_.Allocate();
  return true;
}

void GuestMemory::CountFrames() {
  state_[kResident] = static_cast<double>(physical_.resident());
  state_[kPeakResident] = static_cast<double>(physical_.peak());
  state_[kTables] = static_cast<double>(table_.bytes());
}

bool GuestMemory::GiveFrame(uint64_t& entry) {
  double others = state_[kKept] + static_cast<double>(table_.bytes() + physical_.resident());
  if (others + static_cast<double>(model_.pageSize()) > static_cast<double>(physical_.bytes())) return false;
  uint64_t offset = physical_.Allocate();
  entry |= offset;
  CountFrames();
  return offset != 0;
}

// A page loses rights: only a TLB that may hold it needs a flush, and only once before the next run.
void GuestMemory::Narrowed(uint64_t entry) {
  if (PageTable::Generation(entry) == main_.tlb.generation) main_.tlb.flush = true;
  if (stepper_.tlb.filled) stepper_.tlb.flush = true;
}

// Gives back the frames of the pages; their entries keep the bits `kept`.
void GuestMemory::Drop(uint64_t address, uint64_t length, uint64_t kept) {
  uint64_t run = 0, count = 0;
  table_.ForEach(address, length, [&](uint64_t& entry, uint64_t, uint64_t) {
    uint64_t offset = PageTable::FrameOf(entry);
    if (offset) {
      Narrowed(entry);
      DropCode(offset);
      if (physical_.Release(offset)) {
        if (count && run + (count << model_.pageShift) == offset) {
          count++;
        } else {
          if (count) physical_.Free(run, count);
          run = offset;
          count = 1;
        }
      }
    }
    entry &= kept;
  });
  if (count) physical_.Free(run, count);
  state_[kGeneration]++;
  state_[kMappingGeneration]++;
  CountFrames();
}

bool GuestMemory::Map(uint64_t address, uint64_t length, unsigned prot) {
  Drop(address, length, 0);
  bool done = table_.Fill(address, length, kMapped | (prot & kProtMask));
  ApplyWatchpoints(address, length);
  return done;
}

bool GuestMemory::Protect(uint64_t address, uint64_t length, unsigned prot) {
  uint64_t wanted = prot & kProtMask, pages = 0;
  bool narrowed = false;
  table_.ForEach(address, length, [&](uint64_t& entry, uint64_t, uint64_t count) {
    pages += count;
    uint64_t before = entry & kProtMask;
    if (before == wanted) return;
    if (before & ~wanted) {
      Narrowed(entry);
      narrowed = true;
    }
    entry = (entry & ~kProtMask) | wanted;
  });
  if (narrowed) state_[kGeneration]++;
  return pages << model_.pageShift == length;
}

bool GuestMemory::Alias(uint64_t address, uint64_t source, uint64_t length, unsigned prot) {
  for (uint64_t at = 0; at < length; at += model_.pageSize()) {
    uint64_t* from = table_.Find(source + at);
    if (!from || !(*from & kMapped)) return false;
    if (!PageTable::FrameOf(*from) && !GiveFrame(*from)) return false;
    uint64_t offset = PageTable::FrameOf(*from);
    physical_.Retain(offset);
    Drop(address + at, model_.pageSize(), 0);
    uint64_t* entry = table_.Make(address + at);
    if (!entry) return false;
    *entry = kMapped | (prot & kProtMask) | offset;
  }
  ApplyWatchpoints(address, length);
  CountFrames();
  return true;
}

double GuestMemory::Translate(uint64_t address, unsigned access) {
  uint64_t* entry = table_.Find(address);
  if (!entry || !(*entry & kMapped) || (access & ~*entry & kProtMask)) return -1;
  if (!PageTable::FrameOf(*entry) && !GiveFrame(*entry)) return -1;
  return static_cast<double>(PageTable::FrameOf(*entry) + (address & (model_.pageSize() - 1)));
}

int GuestMemory::Protection(uint64_t address) {
  uint64_t next, entry = table_.Peek(address >> table_.shift(), next);
  return entry & kMapped ? static_cast<int>(entry & kProtMask) : -1;
}

bool GuestMemory::Resident(uint64_t address) {
  uint64_t next, entry = table_.Peek(address >> table_.shift(), next);
  return entry & kMapped && PageTable::FrameOf(entry) != 0;
}

unsigned GuestMemory::ReadCode(uint64_t address, uint8_t* to, unsigned length) {
  for (unsigned done = 0; done < length;) {
    double offset = Translate(address + done, 0);
    if (offset < 0) return done;
    uint64_t rest = model_.pageSize() - ((address + done) & (model_.pageSize() - 1));
    unsigned size = rest < length - done ? static_cast<unsigned>(rest) : length - done;
    memcpy(to + done, At(static_cast<uint64_t>(offset)), size);
    done += size;
  }
  return length;
}
