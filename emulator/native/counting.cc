#include "counting.h"

#include "x86-decode.h"
#include "x86-status-use.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)

namespace {
constexpr size_t kBlockSlots = 1 << 15;
// Measured, in instructions of a hundredth of the speed of a bare loop: 30 us for a block, 2 for each instruction in it.
constexpr int64_t kTranslateBlock = 200, kTranslateInstruction = 20;
const Block kNoBlock{~0ull, 0, 0};
}  // namespace

Counting::Counting(Machine& main, GuestMemory& memory, const Breakpoints& breakpoints, Stop& stop)
    : blocks_(new Block[kBlockSlots]), main_(main), memory_(memory), breakpoints_(breakpoints), stop_(stop) {
  for (size_t i = 0; i < kBlockSlots; i++) blocks_[i] = kNoBlock;
}

Counting::~Counting() { delete[] blocks_; }

// Instructions start anywhere on x86, at words on ARM64.
bool Counting::Hook() {
  return main_.model().x86() ? main_.Hook(UC_HOOK_BLOCK, &OnBlock<0>, this) : main_.Hook(UC_HOOK_BLOCK, &OnBlock<2>, this);
}

// Runs once per block: everything rare is in functions of its own, called last, so that
// nothing is spilled here.
template <int kShift>
void Counting::OnBlock(uc_engine* uc, uint64_t address, uint32_t size, void* user) {
  auto* c = static_cast<Counting*>(user);
  Block* block = &c->blocks_[(address >> kShift) & (kBlockSlots - 1)];
  if (!LIKELY(block->tag == (address ^ c->codeGeneration_) && block->sizeAndChecks == size)) return OnNewBlock(uc, address, size, user);
  c->current_ = block;
  int64_t left = c->remaining_ - block->count;
  if (!LIKELY(left >= 0)) return OnBudget(uc, user);
  c->remaining_ = left;
}

void Counting::OnNewBlock(uc_engine* uc, uint64_t address, uint32_t size, void* user) {
  auto* c = static_cast<Counting*>(user);
  Block* block = &c->blocks_[c->SlotOf(address)];
  bool again = block == c->current_;
  if (block->tag != (address ^ c->codeGeneration_) || block->size() != size || block->checks() == kStale) {
    block = c->LookUp(address, size);
    again = false;
  }
  c->current_ = block;
  if (block->checks() && !c->ChecksHold(*block, again)) return OnBudget(uc, user);
  if (c->remaining_ < block->count) return OnBudget(uc, user);
  c->remaining_ -= block->count;
}

void Counting::OnBudget(uc_engine* uc, void* user) {
  static_cast<Counting*>(user)->stop_.before = true;
  uc_emu_stop(uc);
}

size_t Counting::SlotOf(uint64_t address) const { return (address >> (main_.model().x86() ? 0 : 2)) & (kBlockSlots - 1); }

Block* Counting::LookUp(uint64_t address, uint32_t size) {
  bool x86 = main_.model().x86();
  if (checks_.size() + 2 >= kStale) Forget();
  Block& slot = blocks_[SlotOf(address)];
  slot = Block{address ^ codeGeneration_, size, static_cast<int32_t>(size / 4)};
  if (x86) {
    uc_tb translated = {};
    uc_ctl_request_cache(main_.uc(), uint64_t{address}, &translated);
    slot.count = CountX86(address, size, translated.icount);
  }
  if (slot.count < 1) slot.count = 1;
  translated_ += kTranslateBlock + kTranslateInstruction * int64_t{size / (x86 ? 2 : 4)};
  if (breakpoints_.AnyIn(address, size)) slot.count = kNeverFits;
  if (slot.count != kNeverFits && !memory_.own.internal) AddChecks(slot);
  return &slot;
}

void Counting::AddChecks(Block& block) {
  uint64_t address = AddressOf(block);
  BlockChecks found = main_.model().x86() ? CheckX86Block(memory_, address, block.size(), main_.Is64BitCode()) : CheckArm64Block(memory_, address, block.size());
  if (found.unknown) block.count = kNeverFits;
  if (found.unknown || found.empty()) return;
  checks_.push_back(std::move(found));
  block.sizeAndChecks |= static_cast<uint32_t>(checks_.size()) << Block::kSizeBits;
}

// `again`: the block has just run to its own beginning.
bool Counting::ChecksHold(const Block& block, bool again) {
  const BlockChecks& checks = checks_[block.checks() - 1];
  misaligned_ = !(again && checks.stable) && !checks.Hold(main_);
  if (checks.computesFloats && watchFloats_) misaligned_ = true;
  return !misaligned_ && (!monitorStale_ || MonitorHolds(checks));
}

bool Counting::MonitorHolds(const BlockChecks& checks) {
  if (checks.monitor == Monitor::kTaken) monitorStale_ = false;
  monitorAsked_ = checks.monitor == Monitor::kAsked;
  return !monitorAsked_;
}

// Some instructions are exact on the stepper only, which stands between any two. So are those
// of which Unicorn and we disagree where they end (encodings that a processor would refuse).
int32_t Counting::CountX86(uint64_t address, uint32_t size, int32_t translated) {
  if (memory_.own.internal) return translated;
  uint8_t code[16];
  bool mode64 = main_.Is64BitCode();
  int32_t count = 0;
  uint64_t at = address;
  for (; at < address + size; count++) {
    X86Instruction instruction = X86Decode(code, memory_.ReadCode(at, code, sizeof code), mode64);
    at += instruction.length;
    if (instruction.careful || (instruction.storesStatusInAx() && X86MayReadAl(memory_, at, mode64))) return kNeverFits;
  }
  return at == address + size && count == translated ? count : kNeverFits;
}

// Instructions of the current block that lie before pc; all of them when pc is elsewhere.
int32_t Counting::CountBefore(uint64_t pc) {
  uint64_t start = AddressOf(*current_);
  if (pc < start || pc >= start + current_->size()) return current_->count;
  if (pc == start) return 0;
  if (!main_.model().x86()) return static_cast<int32_t>((pc - start) / 4);
  uint8_t code[16];
  int32_t count = 0;
  bool mode64 = main_.Is64BitCode();
  for (uint64_t at = start; at < pc; count++) at += X86Decode(code, memory_.ReadCode(at, code, sizeof code), mode64).length;
  return count;
}

uint64_t Counting::BeginningOf(uint64_t pc) {
  if (stepping_) return steppedAt_;
  uint64_t at = AddressOf(*current_);
  if (pc != at + current_->size()) return pc;
  uint8_t code[16];
  bool mode64 = main_.Is64BitCode();
  for (;;) {
    uint64_t next = at + X86Decode(code, memory_.ReadCode(at, code, sizeof code), mode64).length;
    if (next >= pc) return at;
    at = next;
  }
}

uint64_t Counting::LastOfCurrent() { return BeginningOf(AddressOf(*current_) + current_->size()); }

void Counting::StoppedInBlock(uint64_t pc) {
  if (current_) remaining_ += current_->count - CountBefore(pc);
}

void Counting::CutShortAfter(uint64_t pc) {
  if (!stepping_) remaining_ += current_->count - CountBefore(pc) - 1;
}

void Counting::BeginSteps(int64_t count) {
  stepping_ = true;
  steppedAt_ = ~uint64_t{0};
  stepsLeft_ = count;
  setAside_ = remaining_ - count;
}

void Counting::BeginSteppedBlock() {
  BeginSteps(remaining_);
  // Lets the block's own hook pass; that of another block, which must not come, stops.
  remaining_ = current_->count;
}

int64_t Counting::EndSteps() {
  int64_t left = stepsLeft_;
  remaining_ = setAside_ + left;
  stepsLeft_ = 0;
  stepping_ = false;
  return left;
}

uint64_t Counting::ExecutedBefore(uint64_t pc) {
  if (stepping_) return static_cast<uint64_t>(budget_ - setAside_ - stepsLeft_ - 1);
  return static_cast<uint64_t>(budget_ - remaining_ - current_->count + CountBefore(pc));
}

void Counting::Forget() {
  Block* block = current_;
  uint64_t address = block ? AddressOf(*block) : 0;
  codeGeneration_ += uint64_t{1} << 48;
  if (codeGeneration_ == 0) for (size_t i = 0; i < kBlockSlots; i++) blocks_[i] = kNoBlock;
  checks_.clear();
  // The block that is running keeps its place, so that it can still be counted; it is never found again.
  if (block) *block = Block{address ^ codeGeneration_, block->size() | kStale << Block::kSizeBits, block->count};
}
