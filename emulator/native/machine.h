// One Unicorn instance over the guest's physical memory. There are two: "main" runs
// freely, the "stepper", opened when it is first needed, stops before any instruction. And what is known of its TLB.
#pragma once
#include <unicorn/unicorn.h>

#include <cstdint>
#include <string>
#include <vector>

#include "cpu-model.h"

// A saved CPU state, as Unicorn lays it out.
using Blob = std::vector<uint64_t>;

struct Tlb {
  uint32_t generation = 1;  // kept in page table entries (main's only)
  bool flush = false;       // must be flushed before the machine runs next
  bool filled = false;      // may hold something
};

class Machine {
 public:
  Machine(const CpuModel& model, bool steps) : steps(steps), model_(model) {}
  Machine(const Machine&) = delete;
  ~Machine() { Close(); }
  // Returns what went wrong; nothing where all went well.
  std::string Open(uint8_t* memory, uint64_t bytes);
  void Close();

  template <class Callback, class... More>
  bool Hook(int type, Callback callback, void* user, More... more) {
    uc_hook handle;
    return uc_hook_add(uc_, &handle, type, reinterpret_cast<void*>(callback), user, 1, 0, more...) == UC_ERR_OK;
  }

  uc_err Start(uint64_t pc) { return uc_emu_start(uc_, pc, 0, 0, 0); }
  void Stop() { uc_emu_stop(uc_); }
  void FlushTlb();

  uint64_t Read(int id) const {
    uint64_t value = 0;
    uc_reg_read(uc_, id, &value);
    return value;
  }
  bool Write(int id, uint64_t value) { return uc_reg_write(uc_, id, &value) == UC_ERR_OK; }
  int pcRegister() const { return model_.x86() ? static_cast<int>(UC_X86_REG_RIP) : static_cast<int>(UC_ARM64_REG_PC); }
  uint64_t Pc() const { return Read(pcRegister()); }
  void SetPc(uint64_t pc) { Write(pcRegister(), pc); }
  uint16_t CodeSelector() const { return static_cast<uint16_t>(Read(UC_X86_REG_CS)); }
  bool Is64BitCode() const { return model_.Is64BitCode(CodeSelector()); }

  void Save(Blob& blob) const;
  // A state saved from any machine of the same model.
  void Restore(const Blob& blob);

  // What a blank state begins with, and room for the rest.
  const Blob& header() const { return header_; }

  uc_engine* uc() const { return uc_; }
  const CpuModel& model() const { return model_; }

  const bool steps;
  Tlb tlb;
  uint64_t selfStore = 0;  // stepper: the frame that the running instruction lies in and stores to
  const uint64_t* refusedAddress = nullptr;  // unicorn-places.h

 private:
  const CpuModel& model_;
  uc_engine* uc_ = nullptr;
  Blob header_;  // what uc_context_save expects to find
};
