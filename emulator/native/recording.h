// The addresses of the last instructions executed, while somebody wants them.
#pragma once
#include <cstdint>
#include <vector>

class Recording {
 public:
  // Keeps the last `capacity`; 0 ends it.
  void Begin(uint32_t capacity) {
    ring_.assign(capacity, 0);
    count_ = 0;
  }
  bool on() const { return !ring_.empty(); }
  void Add(uint64_t address) { ring_[count_++ % ring_.size()] = address; }
  // Oldest first.
  std::vector<uint64_t> List() const {
    std::vector<uint64_t> list;
    for (uint64_t i = count_ > ring_.size() ? count_ - ring_.size() : 0; i < count_; i++) list.push_back(ring_[i % ring_.size()]);
    return list;
  }

 private:
  std::vector<uint64_t> ring_;
  uint64_t count_ = 0;
};
