// What is emulated: the CPU, the size of its pages, and the selectors that its OS uses.
#pragma once
#include <cstdint>

enum class Cpu { kIa32, kX64, kArm64 };

struct Selectors { uint16_t cs, ss, ds, es, fs, gs, cs32, cs64; };

struct CpuModel {
  Cpu cpu;
  unsigned pageShift;
  Selectors selectors;
  bool alignmentChecks = true;  // x86: the AM bit of CR0

  bool x86() const { return cpu != Cpu::kArm64; }
  uint64_t pageSize() const { return uint64_t{1} << pageShift; }
  uint64_t PageOf(uint64_t address) const { return address & ~(pageSize() - 1); }
  uint64_t PageAfter(uint64_t address) const { return PageOf(address + pageSize() - 1); }
  bool Is64BitCode(uint16_t selector) const { return (selector | 3) == selectors.cs64; }
  // A virtual address as the page table knows it: accesses wrap at 4 GiB on IA-32, the top byte is a tag on ARM64.
  uint64_t Untagged(uint64_t address) const {
    if (cpu == Cpu::kIa32) return address & 0xffffffff;
    if (cpu == Cpu::kArm64 && address >> 47) return address & 0x00ffffffffffffff;
    return address;
  }
};
