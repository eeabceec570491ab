// Guest physical memory: one reserved arena, touched lazily, handed out in page
// frames on demand. Freed frames come back zeroed. Frame 0 is never handed out,
// so that offset 0 can mean "none".
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

struct Frame {
  uint32_t references = 0;
  // A translation of code in this frame may exist in one of the engines.
  bool code = false;
  // A TLB entry that allows stores to this frame without asking may exist.
  bool storable = false;
  // Fetches go to a copy (shadow-code.cc).
  bool shadowed = false;
};

class PhysicalMemory {
 public:
  ~PhysicalMemory();
  bool Open(uint64_t bytes, unsigned pageShift);
  // Offset of a zeroed frame; 0 when memory is exhausted.
  uint64_t Allocate();
  // One more or one less user of a frame; Release returns true when it was the last.
  void Retain(uint64_t offset) { frames_[offset >> shift_].references++; }
  bool Release(uint64_t offset);
  // Give back a run of consecutive frames that Release reported as unused.
  void Free(uint64_t offset, uint64_t count);

  Frame& frame(uint64_t offset) { return frames_[offset >> shift_]; }
  uint8_t* base() const { return base_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t resident() const { return resident_; }
  uint64_t peak() const { return peak_; }

 private:
  uint8_t* base_ = nullptr;
  Frame* frames_ = nullptr;
  uint64_t bytes_ = 0, next_ = 0, resident_ = 0, peak_ = 0;
  unsigned shift_ = 12;
  std::vector<uint32_t> dirty_, clean_;
};
