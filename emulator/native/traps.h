// What a program does that Unicorn hands to us: system calls, interrupts and exceptions,
// I/O ports, and the instructions whose answer must not be the host's (CPUID, time,
// system registers).
#pragma once
#include <cstdint>

#include "counting.h"
#include "guest-memory.h"
#include "machine.h"
#include "stop.h"

class Traps {
 public:
  Traps(Machine& machine, GuestMemory& memory, Counting& counting, Stop& stop, const double* state)
      : machine_(machine), memory_(memory), counting_(counting), stop_(stop), state_(state) {}
  bool Hook();
  // A program touched an I/O port in this run; undo what Unicorn did.
  bool portTouched() const { return portTouched_; }
  void UndoPortAccess();

 private:
  static void OnInterrupt(uc_engine*, uint32_t number, void*);
  static void OnSyscall(uc_engine*, void*);
  static void OnSysenter(uc_engine*, void*);
  static int OnCpuid(uc_engine*, void*);
  static int OnRdtsc(uc_engine*, void*);
  static int OnRdtscp(uc_engine*, void*);
  static uint32_t OnIn(uc_engine*, uint32_t port, int size, void*);
  static void OnOut(uc_engine*, uint32_t port, int size, uint32_t value, void*);

  void StopWith(int reason, uint32_t number, uint32_t detail = 0);
  void X86Exception(uint32_t number);
  void ArmException(uint32_t number);
  uint32_t ArmInstruction(uint64_t pc);
  bool EmulateSystemRegister();  // arm64-system-registers.cc
  uint64_t Time(uint64_t pc);
  void TouchPort();

  Machine& machine_;
  GuestMemory& memory_;
  Counting& counting_;
  Stop& stop_;
  const double* state_;
  bool portTouched_ = false;
  uint64_t beforePort_[5] = {};
};
