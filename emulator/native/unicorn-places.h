// Seven things that Unicorn knows and has no call for, or a slow one. Each is found at start-up by
// experiment, never by a fixed offset, and used only where exactly one place fits. Where
// it is not found:
//   the exact address of a refused access   each fault takes a slower way (access-probe.h)
//   the exception in flight (x86)           the engine does not open
//   the exclusive monitor (ARM64)           the engine does not open
//   an exception's error code (x86)         it is taken for zero
//   the floating-point flags (x86)          flags of MXCSR and the x87 are never set, exceptions never raised
//   the range of a code hook                ends of budgets are left to the stepper
//   the general registers                   each is asked for at every exit (register-places.h)
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "boot-code.h"
#include "machine.h"
#include "register-places.h"

enum UnicornPlace : unsigned { kRefusedAddress = 1, kExceptionInFlight = 2, kExclusiveMonitor = 4, kHookRange = 8, kRegisters = 16, kErrorCode = 32, kFloatFlags = 64 };

// Floating-point flags that Unicorn keeps: all but the denormal operand's.
constexpr uint32_t kKeptFlags = 0x3d;

class UnicornPlaces {
 public:
  // `hidden`: places that are not to be found, so that what then happens can be tried.
  explicit UnicornPlaces(unsigned hidden) : hidden_(hidden) {}

  // In a machine that has its hooks and still runs at the most privileged level.
  void FindRefusedAddress(Machine& machine, BootCode& boot);
  // Another machine of the same model keeps it at the same place.
  static void ShareRefusedAddress(const Machine& from, Machine& to);
  // In a state of the CPU as Machine::Save gives it. Returns what went wrong.
  std::string FindInSavedState(Machine& machine, BootCode& boot);
  // In the hook, which was added with this range.
  void FindHookRange(uc_hook hook, uint64_t begin, uint64_t end);

  // `ids`, `count`, `plain`: register-places.h. In a machine that still runs at the most privileged level.
  void FindRegisters(Machine& machine, const int* ids, int count, int plain);

  // Unicorn never forgets that an exception was in flight, and turns the next one into a double fault.
  void ForgetException(Blob& state) const;
  uint32_t ErrorCode(const Blob& state) const;
  // What arithmetic has raised since it was last forgotten, as MXCSR and the x87 status word number it.
  uint32_t SseFlags(const Blob& state) const { return FlagsAt(state, sseFlags_); }
  uint32_t X87Flags(const Blob& state) const { return FlagsAt(state, x87Flags_); }
  void ForgetSseFlags(Blob& state) const { SetFlags(state, sseFlags_, 0); }
  void SetX87Flags(Blob& state, uint64_t status) const { SetFlags(state, x87Flags_, status); }
  bool hasX87Flags() const { return x87Flags_ != kNowhere; }
  // A store exclusive after this fails.
  void BreakMonitor(Blob& state) const;
  // Null, or where the first and the last address of the hook are.
  uint64_t* hookRange() const { return hookRange_; }
  // Null where they were not found.
  RegisterPlaces* registers() { return registers_.found() ? &registers_ : nullptr; }
  unsigned found() const { return found_; }

 private:
  static constexpr size_t kNowhere = ~size_t{0};
  // Notes that `place` was found where `count` is 1.
  bool Found(UnicornPlace place, size_t count);
  size_t FindException(Machine& machine, BootCode& boot);
  uint32_t FlagsAt(const Blob& state, size_t place) const;
  void SetFlags(Blob& state, size_t place, uint64_t flags) const;
  size_t FindFloatFlags(Machine& machine, BootCode& boot, bool sse);
  size_t FindErrorCode(Machine& machine, BootCode& boot);
  size_t FindMonitor(Machine& machine, BootCode& boot);

  const unsigned hidden_;
  unsigned found_ = 0;
  size_t exception_ = kNowhere, monitor_ = kNowhere, errorCode_ = kNowhere, sseFlags_ = kNowhere, x87Flags_ = kNowhere;  // byte offsets in a saved state
  uint64_t* hookRange_ = nullptr;
  RegisterPlaces registers_;
};
