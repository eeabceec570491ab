#include "arm64-decode.h"

namespace {
constexpr int32_t SignExtend(uint32_t value, unsigned bits) { return static_cast<int32_t>(value << (32 - bits)) >> (32 - bits); }

void Align(Arm64Access& access, unsigned bytes, bool store) {
  access.alignment = access.size = bytes;
  access.store = store;
}

// Exclusive and ordered accesses, and compare and swap.
void DecodeExclusive(uint32_t w, Arm64Access& a) {
  bool ordered = w >> 23 & 1, load = w >> 22 & 1, pair = w >> 21 & 1;
  unsigned bytes = 1u << (w >> 30);
  if (!ordered) {
    if (pair && !(w >> 31)) bytes = w >> 30 & 1 ? 16 : 8;  // casp
    else if (pair) bytes *= 2;                                // ldxp, stxp
    bool casp = pair && !(w >> 31);
    a.loadExclusive = load && !casp;
    a.storeExclusive = !load && !casp;
    return Align(a, bytes, a.storeExclusive);
  }
  Align(a, bytes, !load && !pair);  // pair: cas
}
}  // namespace

Arm64Access Arm64DecodeAccess(uint32_t w) {
  Arm64Access a;
  if ((w & 0x0a000000) != 0x08000000) return a;
  unsigned group = w >> 27 & 7;  // bits 29:27
  a.base = w >> 5 & 31;
  a.isAccess = true;
  bool vector = w >> 26 & 1;
  if ((group & 3) == 1 && !vector && !(w >> 24 & 1) && !(w >> 29 & 1)) {
    DecodeExclusive(w, a);
  } else if ((group & 3) == 1 && vector && !(w >> 31) && !(w >> 29 & 1)) {  // st1 to ld4
    a.writesBase = w >> 23 & 1;
  } else if ((group & 3) == 3 && !(w >> 29 & 1)) {  // literals; ldapur and stlur
    if ((w & 0x3b200c00) == 0x19000000) {
      a.offset = SignExtend(w >> 12 & 0x1ff, 9);
      Align(a, 1u << (w >> 30), (w >> 22 & 3) == 0);
    } else {
      a.isAccess = false;
    }
  } else if ((group & 3) == 1 && w >> 29 & 1) {  // pairs
    unsigned mode = w >> 23 & 3, scale = vector ? 2 + (w >> 30) : w >> 31 ? 3 : 2;
    a.writesBase = a.constantWriteback = mode & 1;
    a.writeback = SignExtend(w >> 15 & 0x7f, 7) * (1 << scale);
  } else if ((group & 3) == 3) {
    unsigned size = w >> 30, opc = w >> 22 & 3;
    bool prefetch = !vector && size == 3 && opc == 2;
    if (w >> 24 & 1) {
      if (prefetch) a.isAccess = false;
    } else if (w >> 21 & 1) {
      if ((w >> 10 & 3) == 0 && !vector) Align(a, 1u << size, false);  // atomic operations, ldapr
      else if (prefetch) a.isAccess = false;
    } else {
      unsigned mode = w >> 10 & 3;
      a.writesBase = a.constantWriteback = mode & 1;
      a.writeback = SignExtend(w >> 12 & 0x1ff, 9);
      if (prefetch && !(mode & 1)) a.isAccess = false;  // prfum
    }
  }
  return a;
}
