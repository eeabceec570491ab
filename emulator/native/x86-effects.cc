#include "x86-effects.h"

namespace {
// By the second byte of a two-byte opcode, the mandatory prefixes with which a 16-byte operand must be aligned:
// 1 none, 2 66, 4 f3, 8 f2 (the exception classes 1, 2 and 4 of the legacy encodings).
unsigned PrefixesOfTwoByte(unsigned o) {
  if (o >= 0x60 && o <= 0x6d) return 2;
  if (o >= 0x74 && o <= 0x76) return 2;
  if (o >= 0xd1 && o <= 0xfe) {
    if (o == 0xd6 || o == 0xd7 || o == 0xf0 || o == 0xf7) return 0;
    return o == 0xe6 ? 2 | 8 : 2;
  }
  switch (o) {
    case 0x12: case 0x16: return 4;  // movsldup, movshdup
    case 0x14: case 0x15: case 0x28: case 0x29: case 0x2b: return 1 | 2;
    case 0x2c: case 0x2d: return 2;  // cvttpd2pi, cvtpd2pi
    case 0x51: case 0x54: case 0x55: case 0x56: case 0x57: case 0x58: case 0x59: case 0x5c: case 0x5d: case 0x5e: case 0x5f: return 1 | 2;
    case 0x52: case 0x53: return 1;
    case 0x5a: return 2;
    case 0x5b: return 1 | 2 | 4;
    case 0x6f: case 0x7f: return 2;
    case 0x70: return 2 | 4 | 8;
    case 0x7c: case 0x7d: case 0xd0: return 2 | 8;
    case 0xc2: case 0xc6: return 1 | 2;
    default: return 0;
  }
}

unsigned PrefixesOf38(unsigned o) {
  if (o >= 0xc8 && o <= 0xcd) return 1;  // SHA
  if (o <= 0x0b || o == 0x10 || o == 0x14 || o == 0x15 || o == 0x17 || (o >= 0x1c && o <= 0x1e)) return 2;
  if ((o >= 0x28 && o <= 0x2b) || (o >= 0x37 && o <= 0x41) || o == 0xcf || (o >= 0xdb && o <= 0xdf)) return 2;
  return 0;
}

unsigned PrefixesOf3a(unsigned o) {
  if (o == 0xcc) return 1;
  if (o == 0x08 || o == 0x09 || (o >= 0x0c && o <= 0x0f) || (o >= 0x40 && o <= 0x44) || o == 0xce || o == 0xcf || o == 0xdf) return 2;
  return 0;
}

constexpr uint32_t kRax = 1 << 0, kRcx = 1 << 1, kRdx = 1 << 2, kRsp = 1 << 4, kRbp = 1 << 5, kRsi = 1 << 6, kRdi = 1 << 7, kAll = 0xffff;

uint32_t Reg(const X86Instruction& i) { return 1u << ((i.modrm >> 3 & 7) | (i.rex & 4 ? 8 : 0)); }
uint32_t Rm(const X86Instruction& i) { return i.hasMemory() ? 0 : 1u << ((i.modrm & 7) | (i.rex & 1 ? 8 : 0)); }
// Byte registers: without REX the upper four are parts of the lower ones.
uint32_t Byte(uint32_t mask) { return mask | (mask >> 4 & 0xf); }

uint32_t WrittenByOneByte(const X86Instruction& i) {
  unsigned o = i.opcode, digit = i.modrm >> 3 & 7;
  uint32_t low = 1u << ((o & 7) | (i.rex & 1 ? 8 : 0));
  if (o < 0x40) {
    if ((o & 7) >= 6) return kAll;
    if ((o & 0x38) == 0x38) return 0;  // cmp
    const uint32_t forms[] = {Byte(Rm(i)), Rm(i), Byte(Reg(i)), Reg(i), kRax, kRax};
    return i.hasModRm || (o & 7) >= 4 ? forms[o & 7] : kAll;
  }
  if (o < 0x50) return low;
  if (o < 0x58) return kRsp;
  if (o < 0x60) return kRsp | low;
  if (o >= 0x70 && o < 0x80) return 0;
  if (o >= 0x90 && o < 0x98) return kRax | low;
  if (o >= 0xb0 && o < 0xb8) return Byte(low);
  if (o >= 0xb8 && o < 0xc0) return low;
  if (o >= 0xd8 && o <= 0xde) return 0;
  switch (o) {
    case 0x63: return Reg(i) | Rm(i);
    case 0x68: case 0x6a: return kRsp;
    case 0x69: case 0x6b: case 0x8b: case 0x8d: return Reg(i);
    case 0x80: return digit == 7 ? 0 : Byte(Rm(i));
    case 0x81: case 0x83: return digit == 7 ? 0 : Rm(i);
    case 0x84: case 0x85: case 0x8e: case 0x9b: case 0x9e: case 0xa8: case 0xa9: return 0;
    case 0x86: return Byte(Reg(i) | Rm(i));
    case 0x87: return Reg(i) | Rm(i);
    case 0x88: return Byte(Rm(i));
    case 0x89: case 0x8c: case 0xc1: case 0xc7: case 0xd1: case 0xd3: return Rm(i);
    case 0x8a: return Byte(Reg(i));
    case 0x98: case 0x99: return kRax | kRdx;
    case 0x9f: case 0xa0: case 0xa1: case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xdf: return kRax;
    case 0xa2: case 0xa3: return 0;
    case 0xa4: case 0xa5: case 0xa6: case 0xa7: case 0xaa: case 0xab: case 0xac: case 0xad: case 0xae: case 0xaf: return kRax | kRcx | kRsi | kRdi;
    case 0xc0: case 0xc6: case 0xd0: case 0xd2: return Byte(Rm(i));
    case 0xc9: return kRsp | kRbp;
    case 0xe0: case 0xe1: case 0xe2: case 0xe3: return kRcx;
    case 0xe8: return kRsp;
    case 0xe9: case 0xeb: case 0xf5: case 0xf8: case 0xf9: case 0xfc: case 0xfd: return 0;
    case 0xf6: return digit < 2 ? 0 : digit < 4 ? Byte(Rm(i)) : kRax | kRdx;
    case 0xf7: return digit < 2 ? 0 : digit < 4 ? Rm(i) : kRax | kRdx;
    case 0xfe: return Byte(Rm(i));
    case 0xff: return digit < 2 ? Rm(i) : kRsp;
    default: return kAll;
  }
}

uint32_t WrittenByTwoByte(const X86Instruction& i) {
  unsigned o = i.opcode & 0xff;
  if (o == 0x0d || (o >= 0x10 && o <= 0x2b) || o == 0x2e || o == 0x2f) return o >= 0x20 && o <= 0x27 ? kAll : 0;
  if (o >= 0x40 && o < 0x50) return Reg(i);
  if (o == 0x2c || o == 0x2d || o == 0x50 || o == 0xc5 || o == 0xd7) return Reg(i);
  if (o == 0x7e) return Rm(i);
  if (o >= 0x51 && o < 0x80) return 0;
  if (o >= 0x80 && o < 0x90) return 0;
  if (o >= 0x90 && o < 0xa0) return Byte(Rm(i));
  if (o >= 0xc8 && o < 0xd0) return 1u << ((o & 7) | (i.rex & 1 ? 8 : 0));
  if (o >= 0xd0) return 0;
  switch (o) {
    case 0x31: return kRax | kRdx;
    case 0xa3: return 0;
    case 0xa4: case 0xa5: case 0xab: case 0xac: case 0xad: case 0xb3: case 0xba: case 0xbb: return Rm(i);
    case 0xae: return i.hasMemory() ? 0 : kAll;
    case 0xaf: case 0xb6: case 0xb7: case 0xb8: case 0xbc: case 0xbd: case 0xbe: case 0xbf: return Reg(i);
    case 0xb0: case 0xb1: return kRax | Byte(Rm(i));
    case 0xc0: case 0xc1: return Byte(Reg(i) | Rm(i));
    case 0xc2: case 0xc3: case 0xc4: case 0xc6: return 0;
    case 0xc7: return i.hasMemory() ? kRax | kRdx : kAll;
    default: return kAll;
  }
}
}  // namespace

unsigned X86OperandAlignment(const X86Instruction& i) {
  if (!i.hasMemory() || i.vex || i.opcode < 0x0f00) return 1;
  unsigned digit = i.modrm >> 3 & 7;
  if (i.opcode == 0x0fae) return i.prefix ? 1 : digit < 2 ? 16 : digit >= 4 && digit <= 6 ? 64 : 1;
  if (i.opcode == 0x0fc7) return digit == 1 && i.rex & 8 ? 16 : digit >= 3 && digit <= 5 ? 64 : 1;
  unsigned low = i.opcode & 0xff, map = i.opcode >> 8;
  unsigned prefixes = map == 0x0f ? PrefixesOfTwoByte(low) : map == 0x0f38 ? PrefixesOf38(low) : PrefixesOf3a(low);
  unsigned own = i.prefix == 0x66 ? 2 : i.prefix == 0xf3 ? 4 : i.prefix == 0xf2 ? 8 : 1;
  return prefixes & own ? 16 : 1;
}

uint32_t X86WrittenRegisters(const X86Instruction& i) {
  if (i.vex) return kAll;
  if (i.opcode < 0x100) return WrittenByOneByte(i);
  unsigned low = i.opcode & 0xff;
  switch (i.opcode >> 8) {
    case 0x0f: return WrittenByTwoByte(i);
    case 0x0f38: return low >= 0xf0 ? Reg(i) : 0;
    case 0x0f3a: return low >= 0x14 && low <= 0x17 ? Rm(i) : low >= 0x60 && low <= 0x63 ? kRcx : 0;
    default: return kAll;
  }
}

bool X86IsMmx(const X86Instruction& i) {
  if (i.vex) return false;
  unsigned low = i.opcode & 0xff, map = i.opcode >> 8;
  if (map == 0x0f38) return !i.prefix && (low <= 0x0b || (low >= 0x1c && low <= 0x1e));
  if (map == 0x0f3a) return !i.prefix && low == 0x0f;
  if (map != 0x0f) return false;
  if (low == 0x2a || low == 0x2c || low == 0x2d) return !i.prefix || i.prefix == 0x66;  // conversions
  if (low == 0xd6) return i.prefix >= 0xf2;                                              // movq2dq, movdq2q
  if (i.prefix) return false;
  return (low >= 0x60 && low <= 0x77) || low == 0x7e || low == 0x7f || low == 0xc4 || low == 0xc5 || (low >= 0xd1 && low <= 0xfe);
}
