// ARM64 loads and stores, as far as alignment goes (Arm ARM, C4.1.94 and B2.5.2).
#pragma once
#include <cstdint>

struct Arm64Access {
  bool isAccess = false;   // a load or store with a base register, prefetches excepted
  int base = 0;            // 31: SP
  int32_t offset = 0;      // of an aligned access from its base
  unsigned alignment = 1;  // bytes that its address must be a multiple of: exclusive, acquire and release, atomic
  unsigned size = 0;       // of such an access
  bool store = false;      // and nothing but a store
  bool loadExclusive = false, storeExclusive = false;
  bool writesBase = false;
  int32_t writeback = 0;   // what the base grows by, where that is a constant
  bool constantWriteback = false;
};

Arm64Access Arm64DecodeAccess(uint32_t word);
