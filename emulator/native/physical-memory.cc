#include "physical-memory.h"

#include <cstring>

#include "host.h"

namespace {
// Runs of at least this many frames go back to the host, instead of being cleared one by one on reuse.
constexpr uint64_t kReturnToHost = 32;
}  // namespace

bool PhysicalMemory::Open(uint64_t bytes, unsigned pageShift) {
  shift_ = pageShift;
  bytes_ = bytes >> shift_ << shift_;
  base_ = static_cast<uint8_t*>(ReserveMemory(bytes_));
  // Reserved memory reads as zeros, which is the initial state of Frame.
  frames_ = static_cast<Frame*>(ReserveMemory((bytes_ >> shift_) * sizeof(Frame)));
  next_ = uint64_t{1} << shift_;
  return base_ && frames_;
}

PhysicalMemory::~PhysicalMemory() {
  ReleaseMemory(frames_, (bytes_ >> shift_) * sizeof(Frame));
  ReleaseMemory(base_, bytes_);
}

uint64_t PhysicalMemory::Allocate() {
  uint64_t size = uint64_t{1} << shift_, offset;
  if (!dirty_.empty()) {
    offset = uint64_t{dirty_.back()} << shift_;
    dirty_.pop_back();
    memset(base_ + offset, 0, size);
  } else if (!clean_.empty()) {
    offset = uint64_t{clean_.back()} << shift_;
    clean_.pop_back();
  } else if (next_ + size <= bytes_) {
    offset = next_;
    next_ += size;
  } else {
    return 0;
  }
  frames_[offset >> shift_] = Frame{};
  frames_[offset >> shift_].references = 1;
  resident_ += size;
  if (resident_ > peak_) peak_ = resident_;
  return offset;
}

bool PhysicalMemory::Release(uint64_t offset) { return --frames_[offset >> shift_].references == 0; }

void PhysicalMemory::Free(uint64_t offset, uint64_t count) {
  auto& list = count >= kReturnToHost ? clean_ : dirty_;
  if (count >= kReturnToHost) ReturnMemory(base_ + offset, count << shift_);
  // Last first, so that they are handed out again in ascending order.
  for (uint64_t i = count; i-- > 0;) list.push_back(static_cast<uint32_t>((offset >> shift_) + i));
  resident_ -= count << shift_;
}
