// The engine: a free-running Unicorn ("main"), a twin of it that stops before any
// instruction ("stepper"), the guest's page table and physical memory behind both,
// and the CPU state, which at any time lives in one of them or in a saved context.
#pragma once
#include <unicorn/unicorn.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "exits.h"
#include "memory.h"
#include "page-table.h"

enum class Cpu { kIa32, kX64, kArm64 };
enum RegisterGroup { kGeneral = 1, kFloat = 2 };
constexpr int kGeneralSlots = 64, kFloatOffset = 512, kBlockBytes = 1024;

struct Selectors { uint16_t cs, ss, ds, es, fs, gs, cs32, cs64; };

// A translated block as the block hook knows it. `count` is kNeverFits where
// the block must be left to the stepper (it holds a breakpoint, or an instruction that is exact there only).
struct Block {
  uint64_t tag;  // address ^ the code generation in the top 16 bits
  uint32_t size;
  int32_t count;
};
constexpr size_t kBlockSlots = 1 << 15;
constexpr int32_t kNeverFits = 0x7fffffff;

// Addresses that no guest has: where the fill serves our own pages.
constexpr uint64_t kDirectMap = 0x00fe000000000000;     // + offset in physical memory, while `internal_`
constexpr uint64_t kBootAddress = 0x00ff000000010000;   // start-up code, while `internal_`
constexpr uint64_t kDescriptors = 0x00ff000000020000;   // the GDT, read by segment loads

class Engine;

// One Unicorn instance.
struct Machine {
  Engine* engine = nullptr;
  uc_engine* uc = nullptr;
  uint32_t generation = 1;    // of its TLB; kept in page table entries (main only)
  bool flush = false;         // flush its TLB before it runs next
  bool filled = false;        // its TLB may hold something (stepper only)
  uint64_t* invalidAddress = nullptr;  // where Unicorn leaves the exact address of a refused access
};

struct Context {
  std::vector<uint64_t> blob;  // empty until first saved: then it is a fresh thread of `mode`
  int mode = 0;
  uint64_t general[kGeneralSlots] = {};
  uint64_t skipBreakpoint = ~0ull;
};

struct Watchpoint { uint64_t address, length; uint32_t access; };

// What the block hook touches, in one cache line.
struct alignas(64) Counting {
  Block* blocks = nullptr;    // direct-mapped cache of instruction counts
  uint64_t codeGeneration = 0;  // in the top 16 bits
  int64_t remaining = 0;      // instructions that the run may still execute
  Block* current = nullptr;   // the block that main is in
};

class Engine : private Counting {
 public:
  Engine(Cpu cpu, uint64_t physicalBytes, unsigned pageShift, const Selectors& selectors, double* state, uint8_t* block);
  ~Engine();
  // Empty when all went well, else what is wrong.
  const std::string& error() const { return error_; }

  int Run(double budget);
  void RunFromState() { Run(state_[kBudgetIn]); }
  // Frees the CPUs; the memory goes with the destructor.
  void Close();
  void ReadFloat();

  int NewContext(int mode);
  bool SaveContext(int id);
  bool RestoreContext(int id);
  bool FreeContext(int id);

  bool MapPages(uint64_t address, uint64_t length, unsigned prot);
  void UnmapPages(uint64_t address, uint64_t length);
  bool ProtectPages(uint64_t address, uint64_t length, unsigned prot);
  bool AliasPages(uint64_t address, uint64_t source, uint64_t length, unsigned prot);
  double Translate(uint64_t address, unsigned access);
  int Protection(uint64_t address);
  void CodeChanged(uint64_t address, uint64_t length);

  void SetBreakpoint(uint64_t address, bool on);
  void AddWatchpoint(const Watchpoint& watchpoint);
  void RemoveWatchpoint(uint64_t address, uint64_t length);
  void Record(uint32_t capacity);
  std::vector<uint64_t> Recorded() const;
  uint32_t AccessSize();

  PhysicalMemory& memory() { return memory_; }
  uint64_t pageSize() const { return uint64_t{1} << shift_; }

 private:
  // fill.cc: the TLB fill and the rules that keep translations and memory in step.
  static bool OnFill(uc_engine*, uint64_t, uc_mem_type, uc_tlb_entry*, void*);
  bool Fill(Machine& machine, uint64_t address, uc_mem_type type, uc_tlb_entry* result);
  bool FillExecutable(Machine& machine, uint64_t offset);
  bool ShadowCode(uint64_t offset);  // shadow-code.cc
  void DropShadow(uint64_t offset);
  bool FillProbe(uint64_t offset, uint64_t need, uc_tlb_entry* result);
  bool FillWritten(Machine& machine, uint64_t address, uint64_t offset);
  bool Deny(uint64_t address, uc_mem_type type, int detail);
  void RemoveCode(uint64_t offset);
  void RemoveMachineCode(Machine& machine, uint64_t offset);
  void FlushNow(Machine& machine);
  void Narrowed(uint64_t entry);
  void DropPages(uint64_t address, uint64_t length);
  void UpdateMemoryState();
  void ApplyWatchpoints(uint64_t address, uint64_t length);

  // hooks.cc
  template <int kShift> static void OnBlock(uc_engine*, uint64_t, uint32_t, void*);
  static void OnNewBlock(uc_engine*, uint64_t, uint32_t, void*);
  static void OnBudget(uc_engine*, void*);
  static void OnInterrupt(uc_engine*, uint32_t, void*);
  static void OnSystemCall(uc_engine*, void*);
  static void OnSysenter(uc_engine*, void*);
  static int OnCpuid(uc_engine*, void*);
  static int OnRdtsc(uc_engine*, void*);
  static int OnRdtscp(uc_engine*, void*);
  static uint32_t OnIn(uc_engine*, uint32_t, int, void*);
  static void OnOut(uc_engine*, uint32_t, int, uint32_t, void*);
  void UndoPortAccess(Machine& machine);
  static void OnCode(uc_engine*, uint64_t, uint32_t, void*);
  static void OnMemory(uc_engine*, uc_mem_type, uint64_t, int, int64_t, void*);
  Block* LookUpBlock(uint64_t address, uint32_t size);
  int32_t CountBefore(uint64_t pc);
  void ForgetBlocks();
  unsigned ReadCode(uint64_t address, uint8_t* to, unsigned length);
  uint16_t CodeSelector(uc_engine* uc);
  Block& SlotOf(uint64_t address) { return blocks[(address >> (x86() ? 0 : 2)) & (kBlockSlots - 1)]; }
  uint64_t AddressOf(const Block& block) const { return block.tag ^ codeGeneration; }
  bool EmulateSystemRegister(uc_engine* uc);
  uint64_t ExecutedAt(uc_engine* uc, uint64_t pc);
  void Stop(Machine& machine);

  // engine.cc
  bool OpenMachine(Machine& machine, bool stepper);
  void Prepare(Machine& machine);
  int Finish(Machine& machine, int reason);
  int AfterMain(uc_err error);
  int AfterStop(uc_err error, uint64_t pc);
  int FaultExit(Machine& machine);
  bool SameTaggedPage(uint64_t pc) const;
  uint64_t Pc(uc_engine* uc);
  void TakePc(Machine& machine);
  void SetPc(uc_engine* uc, uint64_t pc);

  // stepper.cc
  int Step(int64_t count);
  int AfterStepper(uc_err error);
  int StepUnreadable();

  // remainder.cc
  bool AddRemainderHook();
  static void OnMarked(uc_engine*, uint64_t, uint32_t, void*);
  void Mark(bool on);
  void NoteStep(uc_engine* uc, uint64_t address);
  bool NotExecuted(Machine& machine, uint64_t pc);
  int RunRemainder();

  // registers.cc
  uint64_t* general();
  int pcSlot() const;
  void ReadGeneral(uc_engine* uc);
  void WriteDirty(uc_engine* uc);
  void WriteFloat(uc_engine* uc);
  void SyncDescriptors();

  // contexts.cc
  void MoveTo(Machine& machine);
  void SaveBlob(std::vector<uint64_t>& blob);
  void RestoreBlob(Machine& machine, const std::vector<uint64_t>& blob);
  void ClearException(Machine& machine);

  // x86.cc, arm64.cc, cpuid.cc: start-up.
  bool SetUpX86(Machine& machine, bool first);
  bool SetUpArm64(Machine& machine, bool first);
  void BuildDescriptors();
  void WriteDescriptor(uint16_t selector, uint64_t descriptor);
  bool RunBootCode(Machine& machine, const uint8_t* code, size_t size);
  void FindInvalidAddress(Machine& machine);
  bool FindExceptionSlot(Machine& machine);
  bool FindMonitorSlot(Machine& machine);
  bool ChangeMode(Machine& machine, int mode);
  bool Is64BitCode(uint16_t selector) const { return (selector | 3) == selectors_.cs64; }

  bool x86() const { return cpu_ != Cpu::kArm64; }
  Machine& machineOf(uc_engine* uc) { return uc == main_.uc ? main_ : stepper_; }

  Cpu cpu_;
  unsigned shift_;
  Selectors selectors_;
  double* state_;
  uint8_t* block_;
  std::string error_;
  PhysicalMemory memory_;
  PageTable table_;
  Machine main_, stepper_;

  // Where the CPU state is: in a machine, or in a saved context not yet restored.
  Machine* at_ = nullptr;
  Context* pending_ = nullptr;
  uint64_t shadow_[kGeneralSlots] = {};  // general registers as the CPU has them
  std::vector<Context*> contexts_;
  std::vector<uint64_t> templates_[2];   // by mode: 0 = 64-bit / arm64, 1 = 32-bit
  std::vector<uint64_t> scratchBlob_;
  size_t blobBytes_ = 0;
  size_t exceptionSlot_ = 0, monitorSlot_ = 0;  // byte offsets in a blob

  std::unordered_map<uint64_t, uint64_t> shadows_;  // copies that fetches go to

  // The current run.
  bool blockStop_ = false;
  int exit_ = -1;               // set by a hook that stopped the machine
  bool portAccess_ = false;
  uint64_t beforePort_[5] = {};  // rip, rax, rcx, rsi, rdi
  uint32_t number_ = 0, detail_ = 0;
  uint64_t deniedPage_ = 0;
  uc_mem_type deniedType_ = UC_MEM_READ;
  int deniedDetail_ = 0;
  bool deniedWatch_ = false;
  int64_t budget_ = 0;

  // Internal accesses that the fill serves whatever the guest's table says.
  bool internal_ = false;
  uint64_t bootPage_ = 0, descriptorPage_ = 0, descriptorBase_[2] = {};

  uint64_t* hookRange_ = nullptr;  // of the remainder hook
  bool marked_ = false;            // a marked block is running

  // The stepper, and marked blocks.
  int64_t stepsLeft_ = 0;
  uint64_t stepPc_ = 0, stepFlags_ = 0;
  bool pushedFlags_ = false;  // by the instruction at stepPc_
  bool stepped_ = false;  // stepPc_ is an instruction of this run
  bool stopAfter_ = false;
  uint64_t watchHit_ = ~0ull;
  uint32_t watchSize_ = 0, watchAccess_ = 0;
  uint64_t probePage_ = ~0ull, probeFrame_ = 0, probeFirst_ = ~0ull;
  uint32_t probeSize_ = 0;
  static constexpr int kProbeCopies = 4;  // no instruction stores to more pages
  uint64_t probeCopies_[kProbeCopies] = {};
  int probeCopied_ = 0;
  uint64_t selfStore_ = 0;  // frame that the stepper's instruction stores to and lies in
  std::unordered_set<uint64_t> breakpoints_;
  uint64_t skipBreakpoint_ = ~0ull;
  std::vector<Watchpoint> watchpoints_;
  std::vector<uint64_t> ring_;
  uint64_t recorded_ = 0;
};
