// The addresses of an ARM64 block that must be aligned. SP is aligned where a block begins in
// the free-running machine (engine.cc sees to it), so that of the many accesses through it only
// those need a look that come after something else has been put into it.
#include "arm64-decode.h"
#include "block-checks.h"
#include "guest-memory.h"
#include "register-block.h"

namespace {
constexpr int kSp = 31, kRegisters = 32;

class Arm64Walk {
 public:
  Arm64Walk() : analysis(kRegisters) { analysis[kSp] = BlockAnalysis::Constant(0); }
  BlockAnalysis analysis;

  void Pass(uint32_t w) {
    Arm64Access access = Arm64DecodeAccess(w);
    if (access.isAccess) Access(w, access);
    else Compute(w);
  }

  void NeedSp() { Need(analysis[kSp], 0, 16); }

 private:
  void Need(const LowBits& base, int32_t offset, unsigned bytes) { analysis.Need(base, BlockAnalysis::Constant(0), 0, static_cast<unsigned>(offset), bytes); }

  void Forget(unsigned slot) {
    if (slot != 31) analysis[static_cast<int>(slot)] = LowBits{};
  }

  void Access(uint32_t w, const Arm64Access& access) {
    LowBits base = analysis[access.base];
    Monitor& monitor = analysis.result.monitor;
    if (monitor == Monitor::kUnused && access.loadExclusive) monitor = Monitor::kTaken;
    if (monitor == Monitor::kUnused && access.storeExclusive) monitor = Monitor::kAsked;
    if (access.base == kSp) NeedSp();
    if (access.alignment > 1) Need(base, access.offset, access.alignment);
    Forget(w & 31);
    Forget(w >> 10 & 31);
    Forget(w >> 16 & 31);
    if (access.writesBase) analysis[access.base] = access.constantWriteback ? base.Plus(static_cast<unsigned>(access.writeback)) : LowBits{};
  }

  // Additions and masks, by which SP is set; everything else leaves something unknown.
  void Compute(uint32_t w) {
    int d = w & 31, n = w >> 5 & 31;
    unsigned m = w >> 16 & 31;
    bool flags = w >> 29 & 1, minus = w >> 30 & 1;
    LowBits value;
    bool toSp = false;
    if ((w & 0x1f800000) == 0x11000000) {  // add, sub immediate
      unsigned immediate = w >> 22 & 1 ? 0 : w >> 10 & 0xfff;
      value = analysis[n].Plus(minus ? 0u - immediate : immediate);
      toSp = !flags;
    } else if ((w & 0x1fe00000) == 0x0b200000) {  // extended register
      value = Sum(analysis[n], m == 31 ? BlockAnalysis::Constant(0) : analysis[static_cast<int>(m)], w >> 10 & 7, minus);
      toSp = !flags;
    } else if ((w & 0x1f200000) == 0x0b000000 && n != 31 && m != 31) {  // shifted register
      if (!(w >> 22 & 3)) value = Sum(analysis[n], analysis[static_cast<int>(m)], w >> 10 & 63, minus);  // lsl
    } else if ((w & 0x1f800000) == 0x12000000) {  // logical immediate
      unsigned operation = w >> 29 & 3;
      if (operation == 0 && ClearsLowBits(w)) value = BlockAnalysis::Constant(0);
      toSp = operation != 3;
    } else if ((w & 0xffe0ffe0) == 0xaa0003e0 && m != 31) {  // mov
      value = analysis[static_cast<int>(m)];
    }
    if (d != 31 || toSp) analysis[d] = value;
  }

  static LowBits Sum(const LowBits& left, const LowBits& right, unsigned shift, bool minus) {
    if (shift > 3) return left;  // a multiple of 16
    if (right.kind != LowBits::kConstant) return LowBits{};
    unsigned amount = right.delta << shift;
    return left.Plus(minus ? 0u - amount : amount);
  }

  // A mask of ones without the lowest four bits at least: N and immr, imms of a 64-bit and with one run of ones.
  static bool ClearsLowBits(uint32_t w) {
    if (!(w >> 31) || !(w >> 22 & 1)) return false;
    unsigned rotate = w >> 16 & 63, ones = (w >> 10 & 63) + 1;
    // The run of ones, rotated right: it begins at bit 64 - rotate.
    unsigned begin = (64 - rotate) & 63;
    return begin >= 4 && begin + ones <= 64;
  }
};
}  // namespace

BlockChecks CheckArm64Block(GuestMemory& memory, uint64_t address, uint32_t size) {
  Arm64Walk walk;
  for (uint64_t at = address; at < address + size; at += 4) {
    uint8_t code[4] = {};
    memory.ReadCode(at, code, 4);
    walk.Pass(code[0] | code[1] << 8 | code[2] << 16 | static_cast<uint32_t>(code[3]) << 24);
  }
  walk.NeedSp();
  walk.analysis.Finish();
  return walk.analysis.result;
}
