#include "x86-decode.h"

#include "register-block.h"

namespace {
// One letter per opcode: . no operand bytes; m ModRM; b imm8; z imm16/32 by operand size; w imm16;
// M ModRM+imm8; Z ModRM+imm z; o moffs; v imm16/32/64 (mov r,imm); f far pointer; e enter (imm16, imm8);
// 3 group 3 byte, 4 group 3 word (test has an immediate); r rel z.
const char kOneByte[257] =
    "mmmmbz..mmmmbz.."  // 00
    "mmmmbz..mmmmbz.."  // 10
    "mmmmbz..mmmmbz.."  // 20
    "mmmmbz..mmmmbz.."  // 30
    "................"  // 40
    "................"  // 50
    "..mm....zZbM...."  // 60
    "bbbbbbbbbbbbbbbb"  // 70
    "MZMMmmmmmmmmmmmm"  // 80
    "..........f....."  // 90
    "oooo....bz......"  // a0
    "bbbbbbbbvvvvvvvv"  // b0
    "MMw.mmMZe.w..b.."  // c0
    "mmmmbb..mmmmmmmm"  // d0
    "bbbbbbbbrrfb...."  // e0
    "......34......mm"; // f0
const char kTwoByte[257] =
    "mmmm.......m.m.M"  // 00 (0f 0f: 3DNow, ModRM and a suffix byte)
    "mmmmmmmmmmmmmmmm"  // 10
    "mmmm....mmmmmmmm"  // 20
    "................"  // 30
    "mmmmmmmmmmmmmmmm"  // 40
    "mmmmmmmmmmmmmmmm"  // 50
    "mmmmmmmmmmmmmmmm"  // 60
    "MMMMmmm.mmmmmmmm"  // 70
    "rrrrrrrrrrrrrrrr"  // 80
    "mmmmmmmmmmmmmmmm"  // 90
    "...mMm.....mMmmm"  // a0
    "mmmmmmmmmmMmmmmm"  // b0
    "mmMmMMMm........"  // c0
    "mmmmmmmmmmmmmmmm"  // d0
    "mmmmmmmmmmmmmmmm"  // e0
    "mmmmmmmmmmmmmmmm"; // f0

struct Cursor {
  const uint8_t* code;
  unsigned available, at;
  uint8_t Next() { return at < available ? code[at++] : (at++, uint8_t{0}); }
  uint8_t Peek() const { return at < available ? code[at] : uint8_t{0}; }
  int32_t Displacement(unsigned bytes) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) value |= static_cast<uint32_t>(Next()) << 8 * i;
    return bytes == 1 ? static_cast<int8_t>(value) : bytes == 2 ? static_cast<int16_t>(value) : static_cast<int32_t>(value);
  }
};

enum : int { kRbx = 3, kRsp = 4, kRbp = 5, kRsi = 6, kRdi = 7 };
// 16-bit addressing, by rm.
const int kBase16[8] = {kRbx, kRbx, kRbp, kRbp, kRsi, kRdi, kRbp, kRbx};
const int kIndex16[8] = {kRsi, kRdi, kRsi, kRdi, X86Instruction::kNone, X86Instruction::kNone, X86Instruction::kNone, X86Instruction::kNone};

// ModRM, SIB and displacement.
void ReadModRm(Cursor& c, X86Instruction& i, bool mode64) {
  i.hasModRm = true;
  i.modrm = c.Next();
  unsigned mod = i.modrm >> 6, rm = i.modrm & 7;
  if (mod == 3) return;
  if (i.addressBytes == 2) {
    bool bare = mod == 0 && rm == 6;
    i.base = bare ? X86Instruction::kNone : kBase16[rm];
    i.index = kIndex16[rm];
    i.displacement = c.Displacement(mod == 1 ? 1 : mod == 2 || bare ? 2 : 0);
    return;
  }
  unsigned base = rm;
  if (rm == 4) {
    uint8_t sib = c.Next();
    base = sib & 7;
    int index = (sib >> 3 & 7) | (i.rex & 2 ? 8 : 0);
    if (index != kRsp) i.index = index;
    i.scale = sib >> 6;
  }
  bool bare = mod == 0 && base == 5;
  if (!bare) i.base = static_cast<int>(base) | (i.rex & 1 ? 8 : 0);
  else if (mode64 && rm == 5) i.base = X86Instruction::kPc;
  i.displacement = c.Displacement(mod == 1 ? 1 : mod == 2 || bare ? 4 : 0);
}

// What is not as it says in CPUID: BMI1 and BMI2 alone have VEX encodings here.
bool IsBmi(uint32_t opcode) {
  return opcode == 0x0f38f2 || opcode == 0x0f38f3 || (opcode >= 0x0f38f5 && opcode <= 0x0f38f7) || opcode == 0x0f3af0;
}

// ldmxcsr, fxrstor, xrstor; fldcw, fldenv, frstor, fnsave, fninit, fnclex.
bool LoadsFloatControl(const X86Instruction& i) {
  unsigned digit = i.modrm >> 3 & 7;
  if (i.opcode == 0x0fae) return i.hasMemory() && (digit == 1 || digit == 2 || digit == 5);
  if (i.opcode == 0xd9) return i.hasMemory() && (digit == 4 || digit == 5);
  if (i.opcode == 0xdd) return i.hasMemory() && (digit == 4 || digit == 6);
  return i.opcode == 0xdb && (i.modrm == 0xe2 || i.modrm == 0xe3);
}

// fxsave, stmxcsr, xsave, xsaveopt; fnstenv, fnsave, fnstsw.
bool StoresFloatFlags(const X86Instruction& i) {
  unsigned digit = i.modrm >> 3 & 7;
  if (i.opcode == 0x0fae) return i.hasMemory() && (digit == 0 || digit == 3 || digit == 4 || digit == 6);
  if (i.opcode == 0xd9) return i.hasMemory() && digit == 6;
  if (i.opcode == 0xdd) return i.hasMemory() && digit >= 6;
  return i.storesStatusInAx();
}

// Functions of the x87 that are exact on the stepper only (x87-plan.h): fbstp, fisttp, and those of d9 f0 to ff but fsqrt, frndint
// and what turns the stack.
bool IsX87Function(const X86Instruction& i) {
  unsigned digit = i.modrm >> 3 & 7;
  if (i.hasMemory()) return (digit == 1 && (i.opcode == 0xdb || i.opcode == 0xdd || i.opcode == 0xdf)) || (digit == 6 && i.opcode == 0xdf);
  return i.opcode == 0xd9 && i.modrm >= 0xf0 && i.modrm != 0xf6 && i.modrm != 0xf7 && i.modrm != 0xfa && i.modrm != 0xfc;
}

bool IsPort(uint32_t opcode) { return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xe4 && opcode <= 0xe7) || (opcode >= 0xec && opcode <= 0xef); }

// Instructions that read their memory operand, change it, and write it: the processor asks for a page that can be
// written before it reads (Intel SDM vol. 2, appendix A, and each instruction).
bool ChangesMemory(const X86Instruction& i) {
  unsigned digit = i.modrm >> 3 & 7;
  uint32_t o = i.opcode;
  if (o < 0x38) return (o & 7) < 2;  // add or adc sbb and sub xor
  switch (o) {
    case 0x80: case 0x81: case 0x83: return digit != 7;
    case 0x86: case 0x87: return true;
    case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3: return true;
    case 0xf6: case 0xf7: return digit == 2 || digit == 3;
    case 0xfe: return digit < 2;
    case 0xff: return digit < 2;
    case 0x0fa4: case 0x0fa5: case 0x0fac: case 0x0fad: case 0x0fab: case 0x0fb3: case 0x0fbb: return true;
    case 0x0fba: return digit > 4;
    case 0x0fb0: case 0x0fb1: case 0x0fc0: case 0x0fc1: return true;
    case 0x0fc7: return digit == 1;
    default: return false;
  }
}

bool IsShift(uint32_t opcode) { return opcode == 0xc0 || opcode == 0xc1 || (opcode >= 0xd0 && opcode <= 0xd3); }

// Returns the first byte that is no prefix; where there are too many, `length` is set.
uint8_t ReadPrefixes(Cursor& c, X86Instruction& i, bool mode64) {
  bool operand16 = false, addressPrefix = false;
  uint8_t byte;
  for (;;) {
    byte = c.Next();
    if (mode64 && (byte & 0xf0) == 0x40) {  // REX, which counts only directly before the opcode
      i.rex = byte;
      continue;
    }
    if (byte == 0xf0) i.lock = true;
    if (byte == 0xf2 || byte == 0xf3) i.prefix = byte;
    if (byte == 0x66) operand16 = true;
    else if (byte == 0x67) addressPrefix = true;
    else if (byte == 0x64 || byte == 0x65) i.segment = byte;
    else if (byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e) i.segment = mode64 ? i.segment : uint8_t{0};
    else if (byte != 0xf0 && byte != 0xf2 && byte != 0xf3) break;
    i.rex = 0;
    if (c.at >= 15) {
      i.length = 15;
      break;
    }
  }
  if (operand16 && !i.prefix) i.prefix = 0x66;
  i.operandBytes = i.rex & 8 ? 8 : operand16 ? 2 : 4;
  i.addressBytes = mode64 ? (addressPrefix ? 4 : 8) : (addressPrefix ? 2 : 4);
  return byte;
}
}  // namespace

X86Instruction X86Decode(const uint8_t* code, unsigned available, bool mode64) {
  X86Instruction i;
  Cursor c{code, available, 0};
  uint8_t opcode = ReadPrefixes(c, i, mode64);
  if (i.length) return i;
  char kind;
  if ((opcode == 0xc4 || opcode == 0xc5) && (mode64 || c.Peek() >= 0xc0)) {
    i.vex = true;
    unsigned map = 1;
    if (opcode == 0xc4) map = c.Next() & 31;
    c.Next();
    opcode = c.Next();
    kind = map == 3 ? 'M' : map == 2 ? 'm' : kTwoByte[opcode];
    if (kind == 'r') kind = 'm';
    i.opcode = (map == 3 ? 0x0f3a00u : map == 2 ? 0x0f3800u : 0x0f00u) | opcode;
  } else if (opcode == 0x0f) {
    opcode = c.Next();
    i.opcode = 0x0f00u | opcode;
    kind = opcode == 0x38 ? 'm' : opcode == 0x3a ? 'M' : kTwoByte[opcode];
    if (opcode == 0x38 || opcode == 0x3a) i.opcode = i.opcode << 8 | c.Next();
  } else {
    i.opcode = opcode;
    kind = kOneByte[opcode];
  }
  unsigned z = i.operandBytes == 2 ? 2 : 4;
  switch (kind) {
    case 'm': ReadModRm(c, i, mode64); break;
    case 'M': ReadModRm(c, i, mode64); c.at += 1; break;
    case 'Z': ReadModRm(c, i, mode64); c.at += z; break;
    case 'b': c.at += 1; break;
    case 'w': c.at += 2; break;
    case 'z': c.at += z; break;
    case 'r': c.at += mode64 ? 4 : z; break;
    case 'o': c.at += i.addressBytes; break;
    case 'v': c.at += i.rex & 8 ? 8 : z; break;
    case 'f': if (!mode64) c.at += z + 2; break;
    case 'e': c.at += 3; break;
    case '3': ReadModRm(c, i, mode64); if (!(i.modrm & 0x30)) c.at += 1; break;
    case '4': ReadModRm(c, i, mode64); if (!(i.modrm & 0x30)) c.at += z; break;
    default: break;
  }
  i.length = c.at;
  bool rotateCarry = IsShift(i.opcode) && i.hasMemory() && (i.modrm >> 3 & 6) == 2, setMemory = (i.opcode & ~0xfu) == 0x0f90 && i.hasMemory();
  i.writesMemory = i.hasMemory() && ChangesMemory(i);
  i.pushFlags = i.opcode == 0x9c;
  i.loadsFlags = i.opcode == 0x9d || i.opcode == 0xcf;
  i.loadsFloatControl = LoadsFloatControl(i);
  i.storesFloatFlags = StoresFloatFlags(i);
  bool lockable = i.writesMemory && !IsShift(i.opcode) && (i.opcode < 0x0fa4 || i.opcode > 0x0fa5) && (i.opcode < 0x0fac || i.opcode > 0x0fad);
  i.invalid = (i.lock && !lockable) || (i.opcode == 0x8f && (i.modrm & 0x38)) || (i.vex && (!IsBmi(i.opcode) || i.lock));
  i.careful = rotateCarry || setMemory || IsPort(i.opcode) || i.pushFlags || i.loadsFlags || i.invalid || i.loadsFloatControl || (i.storesFloatFlags && !i.storesStatusInAx()) || IsX87Function(i);
  return i;
}

bool X86Instruction::usesStack() const {
  if (hasMemory()) return !segment && (base == kRsp || base == kRbp);
  return (opcode >= 0x50 && opcode < 0x60) || opcode == 0x68 || opcode == 0x6a || opcode == 0x9c || opcode == 0x9d || opcode == 0xe8 ||
         (opcode >= 0xc2 && opcode <= 0xcb) || opcode == 0xff || opcode == 0x8f;
}

bool X86Instruction::usesSseArithmetic() const {
  unsigned low = opcode & 0xff;
  if (opcode >> 8 == 0x0f3a) return (low >= 0x08 && low <= 0x0b) || low == 0x40 || low == 0x41;
  if (opcode >> 8 != 0x0f) return false;
  return low == 0x2a || (low >= 0x2c && low <= 0x2f) || (low >= 0x51 && low <= 0x53) || (low >= 0x58 && low <= 0x5f) || low == 0x7c || low == 0x7d || low == 0xc2 ||
         low == 0xd0 || low == 0xe6;
}

bool X86Instruction::waitsForX87() const {
  if (!isX87()) return false;
  unsigned digit = modrm >> 3 & 7;
  bool storesState = hasMemory() && ((opcode == 0xd9 && digit >= 6) || (opcode == 0xdd && digit >= 6));
  bool controls = opcode == 0xdb && (modrm == 0xe2 || modrm == 0xe3);
  return !storesState && !controls && !(opcode == 0xdf && modrm == 0xe0);
}

// fst, fstp; fist, fistp, fisttp, fbstp.
bool X86Instruction::storesX87Value() const {
  if (!hasMemory()) return false;
  unsigned digit = modrm >> 3 & 7;
  if (opcode == 0xd9) return digit == 2 || digit == 3;
  if (opcode == 0xdb && digit == 7) return true;
  if (opcode == 0xdb || opcode == 0xdd) return digit >= 1 && digit <= 3;
  return opcode == 0xdf && digit != 0 && digit != 4 && digit != 5;
}

uint64_t X86Instruction::OperandAddress(uint64_t pc, const uint64_t* general) const {
  uint64_t address = static_cast<uint64_t>(static_cast<int64_t>(displacement));
  if (base == kPc) address += pc + length;
  else if (base != kNone) address += general[base];
  if (index != kNone) address += general[index] << scale;
  if (addressBytes < 8) address &= (uint64_t{1} << 8 * addressBytes) - 1;
  if (segment) address += general[segment == 0x64 ? kFsBase : kGsBase];
  return address;
}
