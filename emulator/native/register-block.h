// The packed register block that is shared with TypeScript (layout: emulator/cpu/registers.ts).
// General registers are current after each run; the float area when asked for.
#pragma once
#include <cstdint>
#include <vector>

#include "descriptors.h"
#include "machine.h"
#include "unicorn-places.h"

enum RegisterGroup { kGeneral = 1, kFloat = 2 };
constexpr int kGeneralSlots = 64, kFloatOffset = 512, kFloatBytes = 512, kBlockBytes = 1024;

enum X86Slot { kRip = 16, kRflags = 17, kCs = 18, kFs = 22, kGs = 23, kFsBase = 24, kGsBase = 25, kX86Slots = 26 };
enum Arm64Slot { kArm64Sp = 31, kArm64Pc = 32, kPstate = 33, kArm64Slots = 38 };

class RegisterBlock {
 public:
  RegisterBlock(const CpuModel& model, uint8_t* block) : model_(model), block_(block) {}

  // Unicorn's number for the register in a slot.
  static int Id(const CpuModel& model, int slot);

  // At start-up: unicorn-places.h.
  void FindPlaces(Machine& machine, UnicornPlaces& places);

  uint64_t* general() { return reinterpret_cast<uint64_t*>(block_); }
  uint64_t& pc() { return general()[model_.x86() ? static_cast<int>(kRip) : static_cast<int>(kArm64Pc)]; }
  bool is64BitCode() { return model_.Is64BitCode(static_cast<uint16_t>(general()[kCs])); }

  void Read(const Machine& machine);
  // The machine has run: the next one starts where it has come to.
  void TakePc(const Machine& machine);
  // What the host has changed since the last Read goes to the machine.
  void Write(Machine& machine, Descriptors& descriptors);
  // The host has given a code selector of the CPU's other mode.
  bool changesMode();
  // The machine has these values now; the block keeps what the host wants.
  void MachineHas(const Machine& machine);
  // The block of a thread that is not in a machine yet.
  void Load(const uint64_t* general);

  // float-area.cc: an FXSAVE image, or the vector registers.
  uint8_t* floats() { return block_ + kFloatOffset; }
  void ReadFloats(const Machine& machine, uint8_t* area) const;
  void WriteFloats(Machine& machine, const uint8_t* area) const;

 private:
  const int* Ids() const;
  int count() const { return model_.x86() ? static_cast<int>(kX86Slots) : static_cast<int>(kArm64Slots); }
  // The first ones, up to the PC, are nothing but numbers.
  int plain() const { return 1 + (model_.x86() ? static_cast<int>(kRip) : static_cast<int>(kArm64Pc)); }
  void WriteSegment(Machine& machine, Descriptors& descriptors, int slot);
  void ReadInto(const Machine& machine, uint64_t* slots) const;

  const CpuModel& model_;
  uint8_t* block_;
  uint64_t inMachine_[kGeneralSlots] = {};
  RegisterPlaces* places_ = nullptr;  // null: every register is asked for
  std::vector<int> askedSlots_, askedIds_;
};
