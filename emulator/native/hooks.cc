// What Unicorn calls while it runs, other than the TLB fill: the block hook that
// counts instructions exactly, system calls and interrupts, deterministic
// CPUID and RDTSC, and the stepper's per-instruction and per-access hooks.
#include <cstring>

#include "engine.h"
#include "x86-length.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)

void Engine::Stop(Machine& machine) { uc_emu_stop(machine.uc); }

// kShift: 0 where instructions may start anywhere, 2 where at words. Runs once per block:
// everything rare is in functions of its own, called last, so that nothing is spilled here.
template <int kShift>
void Engine::OnBlock(uc_engine* uc, uint64_t address, uint32_t size, void* user) {
  auto* e = static_cast<Engine*>(user);
  Block* block = &e->blocks[(address >> kShift) & (kBlockSlots - 1)];
  if (!LIKELY(block->tag == (address ^ e->codeGeneration) && block->size == size)) return OnNewBlock(uc, address, size, user);
  e->current = block;
  int64_t left = e->remaining - block->count;
  if (!LIKELY(left >= 0)) return OnBudget(uc, user);
  e->remaining = left;
}

void Engine::OnNewBlock(uc_engine* uc, uint64_t address, uint32_t size, void* user) {
  auto* e = static_cast<Engine*>(user);
  Block* block = e->LookUpBlock(address, size);
  e->current = block;
  if (e->remaining < block->count) return OnBudget(uc, user);
  e->remaining -= block->count;
}

void Engine::OnBudget(uc_engine* uc, void* user) {
  static_cast<Engine*>(user)->blockStop_ = true;
  uc_emu_stop(uc);
}
template void Engine::OnBlock<0>(uc_engine*, uint64_t, uint32_t, void*);
template void Engine::OnBlock<2>(uc_engine*, uint64_t, uint32_t, void*);

Block* Engine::LookUpBlock(uint64_t address, uint32_t size) {
  Block& slot = SlotOf(address);
  slot = Block{address ^ codeGeneration, size, 0};
  if (x86()) {
    uc_tb translated = {};
    uc_ctl_request_cache(main_.uc, uint64_t{address}, &translated);
    slot.count = translated.icount;
    // Some instructions are exact on the stepper only, which stands between any two. So are those
    // of which Unicorn and we disagree where they end (encodings that a processor would refuse).
    uint8_t code[16];
    bool mode64 = Is64BitCode(CodeSelector(main_.uc)), careful = false;
    int32_t count = 0;
    uint64_t at = address;
    for (; at < address + size && !careful; count++) {
      X86Instruction instruction = X86Decode(code, ReadCode(at, code, sizeof code), mode64);
      careful = instruction.careful;
      at += instruction.length;
    }
    careful = !internal_ && (careful || at != address + size || count != slot.count);
    if (careful) slot.count = kNeverFits;
  } else {
    slot.count = static_cast<int32_t>(size / 4);
  }
  if (slot.count < 1) slot.count = 1;
  for (uint64_t breakpoint : breakpoints_) {
    if (breakpoint >= address && breakpoint < address + size) slot.count = kNeverFits;
  }
  return &slot;
}

// Instructions of the current block that lie before pc; all of them when pc is elsewhere.
int32_t Engine::CountBefore(uint64_t pc) {
  uint64_t start = AddressOf(*current);
  if (pc < start || pc >= start + current->size) return current->count;
  if (pc == start) return 0;
  if (!x86()) return static_cast<int32_t>((pc - start) / 4);
  uint8_t code[16];
  int32_t count = 0;
  bool mode64 = Is64BitCode(CodeSelector(main_.uc));
  for (uint64_t at = start; at < pc; count++) {
    at += X86Decode(code, ReadCode(at, code, sizeof code), mode64).length;
  }
  return count;
}

unsigned Engine::ReadCode(uint64_t address, uint8_t* to, unsigned length) {
  for (unsigned done = 0; done < length;) {
    double offset = Translate(address + done, 0);
    if (offset < 0) return done;
    uint64_t rest = pageSize() - ((address + done) & (pageSize() - 1));
    unsigned size = rest < length - done ? static_cast<unsigned>(rest) : length - done;
    memcpy(to + done, memory_.base() + static_cast<uint64_t>(offset), size);
    done += size;
  }
  return length;
}

uint16_t Engine::CodeSelector(uc_engine* uc) {
  uint16_t selector = 0;
  uc_reg_read(uc, UC_X86_REG_CS, &selector);
  return selector;
}

void Engine::OnInterrupt(uc_engine* uc, uint32_t number, void* user) {
  auto* e = static_cast<Engine*>(user);
  e->number_ = number;
  e->detail_ = 0;
  e->exit_ = kInterrupt;
  if (!e->x86() && !e->internal_) {
    if (number == 1 && e->EmulateSystemRegister(uc)) {
      e->exit_ = -1;
      e->number_ = 0;
      return;
    }
    uint64_t pc = e->Pc(uc);
    uint8_t code[4] = {};
    e->ReadCode(number == 2 ? pc - 4 : pc, code, 4);
    uint32_t word = code[0] | code[1] << 8 | code[2] << 16 | static_cast<uint32_t>(code[3]) << 24;
    if (number == 2 || number == 7) e->detail_ = word >> 5 & 0xffff;
    if (number == 2) {
      e->exit_ = kSystemCall;
      e->number_ = 0;
    } else if (number == 1 || number == 13) {
      e->exit_ = kInvalidInstruction;
    }
  }
  uc_emu_stop(uc);
}

void Engine::OnSystemCall(uc_engine* uc, void* user) {
  auto* e = static_cast<Engine*>(user);
  e->exit_ = kSystemCall;
  e->number_ = e->detail_ = 0;
  uc_emu_stop(uc);
}

void Engine::OnSysenter(uc_engine* uc, void* user) {
  OnSystemCall(uc, user);
  static_cast<Engine*>(user)->number_ = 1;
}

// Whole instructions that this run has executed before the one at pc.
uint64_t Engine::ExecutedAt(uc_engine* uc, uint64_t pc) {
  if (marked_) return static_cast<uint64_t>(budget_ - stepsLeft_ - 1);
  if (uc == stepper_.uc) return static_cast<uint64_t>(budget_ - remaining - stepsLeft_ - 1);
  return static_cast<uint64_t>(budget_ - remaining - current->count + CountBefore(pc));
}

int Engine::OnRdtsc(uc_engine* uc, void* user) {
  auto* e = static_cast<Engine*>(user);
  uint64_t time = static_cast<uint64_t>(e->state_[kTimestamp]) + e->ExecutedAt(uc, e->Pc(uc));
  uint64_t low = time & 0xffffffff, high = time >> 32;
  uc_reg_write(uc, UC_X86_REG_RAX, &low);
  uc_reg_write(uc, UC_X86_REG_RDX, &high);
  return 1;
}

int Engine::OnRdtscp(uc_engine* uc, void* user) {
  uint64_t processor = 0;
  uc_reg_write(uc, UC_X86_REG_RCX, &processor);
  return OnRdtsc(uc, user);
}

// Ring 3 may not touch I/O ports: #GP, PC at the instruction. Unicorn asks in the middle of it, so
// that what it does to registers is undone after the stop (`ins` also stores a zero).
namespace {
const int kPortRegisters[] = {UC_X86_REG_RIP, UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RSI, UC_X86_REG_RDI};
}

uint32_t Engine::OnIn(uc_engine* uc, uint32_t, int, void* user) {
  auto* e = static_cast<Engine*>(user);
  if (e->portAccess_) return 0;
  for (int i = 0; i < 5; i++) uc_reg_read(uc, kPortRegisters[i], &e->beforePort_[i]);
  e->portAccess_ = true;
  e->exit_ = kInterrupt;
  e->number_ = 13;
  e->detail_ = 0;
  uc_emu_stop(uc);
  return 0;
}

void Engine::OnOut(uc_engine* uc, uint32_t port, int size, uint32_t, void* user) { OnIn(uc, port, size, user); }

void Engine::UndoPortAccess(Machine& machine) {
  if (!portAccess_) return;
  portAccess_ = false;
  for (int i = 0; i < 5; i++) uc_reg_write(machine.uc, kPortRegisters[i], &beforePort_[i]);
}

// An instruction is about to execute, in front of which a code hook stands.
void Engine::NoteStep(uc_engine* uc, uint64_t address) {
  stepsLeft_--;
  stepPc_ = address;
  stepped_ = true;
  if (x86()) uc_reg_read(uc, UC_X86_REG_RFLAGS, &stepFlags_);
}

// Whether the stop at pc left that instruction undone. Unicorn's flags are then wrong, since it
// rearranges them after a code hook and restores to before it: they are put back.
bool Engine::NotExecuted(Machine& machine, uint64_t pc) {
  if (!stepped_ || pc != stepPc_ || exit_ == kSystemCall) return false;
  uint64_t flags = stepFlags_;
  if (x86()) uc_reg_write(machine.uc, UC_X86_REG_RFLAGS, &flags);
  return true;
}

// The stepper, before each instruction.
void Engine::OnCode(uc_engine* uc, uint64_t address, uint32_t, void* user) {
  auto* e = static_cast<Engine*>(user);
  if (e->internal_) return;
  if (e->portAccess_) {
    uc_emu_stop(uc);
    return;
  }
  if (e->stepsLeft_ == 0 || e->stopAfter_ || e->selfStore_ || e->pushedFlags_) {
    e->blockStop_ = true;
    uc_emu_stop(uc);
    return;
  }
  if (!e->breakpoints_.empty() && address != e->skipBreakpoint_ && e->breakpoints_.count(address)) {
    e->exit_ = kBreakpoint;
    uc_emu_stop(uc);
    return;
  }
  e->skipBreakpoint_ = ~0ull;
  e->NoteStep(uc, address);
  if (e->x86()) {
    uint8_t code[16];
    e->pushedFlags_ = X86Decode(code, e->ReadCode(address, code, sizeof code), e->Is64BitCode(e->CodeSelector(uc))).pushFlags;
  }
  if (!e->ring_.empty()) e->ring_[e->recorded_++ % e->ring_.size()] = address;
}

// The stepper, before each access; addresses are physical.
void Engine::OnMemory(uc_engine* uc, uc_mem_type type, uint64_t physical, int size, int64_t, void* user) {
  auto* e = static_cast<Engine*>(user);
  if (e->internal_ && e->probePage_ == ~0ull) return;
  if (e->probePage_ != ~0ull) {
    if (e->probeFirst_ != ~0ull) return;
    uint64_t at = physical & (e->pageSize() - 1);
    bool reaches = physical >> e->shift_ == e->probeFrame_ >> e->shift_, crosses = at + static_cast<uint64_t>(size) > e->pageSize();
    if (!reaches && !crosses) return;
    e->probeFirst_ = reaches ? at : 0;  // a crossing access is refused at the page's first byte
    e->probeSize_ = static_cast<uint32_t>(size);
    uc_emu_stop(uc);
    return;
  }
  if (e->watchHit_ != ~0ull) return;
  uint32_t access = type == UC_MEM_WRITE ? kWrite : kRead;
  for (const Watchpoint& w : e->watchpoints_) {
    if (!(w.access & access)) continue;
    for (uint64_t at = w.address; at < w.address + w.length;) {
      uint64_t next = (at | (e->pageSize() - 1)) + 1;
      uint64_t length = (next < w.address + w.length ? next : w.address + w.length) - at;
      double offset = e->Translate(at, 0);
      if (offset >= 0) {
        auto first = static_cast<uint64_t>(offset);
        if (physical < first + length && physical + static_cast<uint64_t>(size) > first) {
          e->watchHit_ = at - first + physical;
          e->watchSize_ = static_cast<uint32_t>(size);
          e->watchAccess_ = access;
          e->stopAfter_ = true;
          return;
        }
      }
      at = next;
    }
  }
}
