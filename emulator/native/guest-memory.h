// The guest's memory: physical frames, the page table that gives them addresses, and the
// rules that keep both machines' TLBs and translated code in step with the two.
#pragma once
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "cpu-model.h"
#include "machine.h"
#include "own-pages.h"
#include "page-table.h"
#include "physical-memory.h"

// The access that the fill refused last.
struct Refusal {
  uint64_t page = 0;
  uc_mem_type type = UC_MEM_READ;
  bool exhausted = false;   // no physical memory is left
  bool forStepper = false;  // the guest may do it, but the stepper must see it
};

struct Watchpoint { uint64_t address, length; uint32_t access; };

class GuestMemory {
 public:
  // `state`: the array that is shared with TypeScript (exits.h).
  GuestMemory(const CpuModel& model, Machine& main, Machine& stepper, double* state);
  bool Open(uint64_t bytes);
  // Called when translated code has been dropped.
  void WhenCodeIsDropped(std::function<void()> callback) { codeDropped_ = std::move(callback); }

  // pages.cc. Addresses and lengths are whole pages.
  bool Map(uint64_t address, uint64_t length, unsigned prot);
  void Unmap(uint64_t address, uint64_t length) { Drop(address, length, 0); }
  // The mapped pages become zero and keep their protection.
  void Discard(uint64_t address, uint64_t length) { Drop(address, length, kMapped | kProtMask | kWatchMask); }
  bool Protect(uint64_t address, uint64_t length, unsigned prot);
  bool Alias(uint64_t address, uint64_t source, uint64_t length, unsigned prot);
  // Offset in physical memory; negative where `access` (0: any mapped page) is refused.
  double Translate(uint64_t address, unsigned access);
  // Negative where nothing is mapped.
  int Protection(uint64_t address);
  uint64_t ProtectionEnd(uint64_t address, uint64_t limit) const { return table_.RunEnd(address, limit); }
  // Whether it has been given memory.
  bool Resident(uint64_t address);
  // Bytes that could be read, whatever the protection.
  unsigned ReadCode(uint64_t address, uint8_t* to, unsigned length);

  // watchpoints.cc
  void AddWatchpoint(const Watchpoint& watchpoint);
  void RemoveWatchpoint(uint64_t address, uint64_t length);
  // The first watched address in an access to physical memory, or kNotWatched.
  static constexpr uint64_t kNotWatched = ~0ull;
  uint64_t WatchedAddress(uint64_t physical, uint64_t size, uint32_t access);

  // fill.cc
  static bool OnMainFill(uc_engine*, uint64_t, uc_mem_type, uc_tlb_entry*, void* memory);
  bool Fill(Machine& machine, uint64_t address, uc_mem_type type, uc_tlb_entry* result);
  bool FillOwn(uint64_t address, uc_mem_type type, uc_tlb_entry* result) const { return address >> 47 && own.Fill(model_, address, type, result); }
  // The page table's entry for an access that it allows, with a frame; else null, and `refusal` is set.
  uint64_t* Permitted(uint64_t address, uc_mem_type type);

  // translations.cc
  void CodeChanged(uint64_t address, uint64_t length);
  // Drop what has been translated from a frame: in both machines, or in one.
  void DropCode(uint64_t offset);
  void DropCode(Machine& machine, uint64_t offset);

  uint8_t* At(uint64_t offset) const { return physical_.base() + offset; }
  PhysicalMemory& physical() { return physical_; }

  Refusal refusal;
  OwnPages own;

 private:
  bool Refuse(uint64_t address, uc_mem_type type);
  bool LeaveToStepper(uint64_t address, uc_mem_type type);
  bool FillExecutable(Machine& machine, uint64_t offset);
  bool FillWritten(Machine& machine, uint64_t address, uint64_t offset);
  bool ShadowCode(uint64_t offset);  // shadow-code.cc
  void DropShadow(uint64_t offset);
  bool GiveFrame(uint64_t& entry);
  void Narrowed(uint64_t entry);
  void Drop(uint64_t address, uint64_t length, uint64_t kept);
  void ApplyWatchpoints(uint64_t address, uint64_t length);
  void CountFrames();

  const CpuModel& model_;
  Machine& main_;
  Machine& stepper_;
  double* state_;
  PhysicalMemory physical_;
  PageTable table_;
  std::unordered_map<uint64_t, uint64_t> shadows_;  // copies that fetches go to, by frame
  std::vector<Watchpoint> watchpoints_;
  std::function<void()> codeDropped_;
};
