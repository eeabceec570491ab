#include "x86-length.h"

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
};

// ModRM, SIB and displacement; returns the ModRM byte.
uint8_t SkipModRm(Cursor& c, bool address16) {
  uint8_t modrm = c.Next();
  unsigned mod = modrm >> 6, rm = modrm & 7;
  if (mod == 3) return modrm;
  if (address16) {
    c.at += mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0;
    return modrm;
  }
  bool bare = rm == 5;
  if (rm == 4) bare = (c.Next() & 7) == 5;
  c.at += mod == 1 ? 1 : mod == 2 || bare ? 4 : 0;
  return modrm;
}
}  // namespace

X86Instruction X86Decode(const uint8_t* code, unsigned available, bool mode64) {
  Cursor c{code, available, 0};
  bool operand16 = false, addressPrefix = false, wide = false;
  uint8_t opcode;
  for (;;) {
    opcode = c.Next();
    if (mode64 && (opcode & 0xf0) == 0x40) {  // REX, which counts only directly before the opcode
      wide = opcode & 8;
      continue;
    }
    if (opcode == 0x66) operand16 = true;
    else if (opcode == 0x67) addressPrefix = true;
    else if (opcode != 0xf0 && opcode != 0xf2 && opcode != 0xf3 && opcode != 0x2e && opcode != 0x36 && opcode != 0x3e && opcode != 0x26 && opcode != 0x64 && opcode != 0x65) break;
    wide = false;
    if (c.at >= 15) return {15, false, false};
  }
  bool address16 = addressPrefix && !mode64;
  char kind;
  bool oneByte = false, setMemory = false;
  if ((opcode == 0xc4 || opcode == 0xc5) && (mode64 || c.Peek() >= 0xc0)) {  // VEX
    unsigned map = 1;
    if (opcode == 0xc4) map = c.Next() & 31;
    c.Next();
    opcode = c.Next();
    kind = map == 3 ? 'M' : map == 2 ? 'm' : kTwoByte[opcode];
    if (kind == 'r') kind = 'm';
  } else if (opcode == 0x0f) {
    opcode = c.Next();
    if (opcode == 0x38) { c.Next(); kind = 'm'; }
    else if (opcode == 0x3a) { c.Next(); kind = 'M'; }
    else kind = kTwoByte[opcode];
    setMemory = kind != 'M' && (opcode & 0xf0) == 0x90 && c.Peek() < 0xc0;
  } else {
    kind = kOneByte[opcode];
    oneByte = true;
  }
  bool shift = (opcode == 0xc0 || opcode == 0xc1 || (opcode >= 0xd0 && opcode <= 0xd3)) && oneByte;
  bool rotateCarry = shift && (c.Peek() >> 3 & 6) == 2 && c.Peek() < 0xc0;
  bool port = oneByte && ((opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xe4 && opcode <= 0xe7) || opcode >= 0xec) && opcode <= 0xef;
  unsigned z = operand16 && !wide ? 2 : 4;
  switch (kind) {
    case 'm': SkipModRm(c, address16); break;
    case 'M': SkipModRm(c, address16); c.at += 1; break;
    case 'Z': SkipModRm(c, address16); c.at += z; break;
    case 'b': c.at += 1; break;
    case 'w': c.at += 2; break;
    case 'z': c.at += z; break;
    case 'r': c.at += mode64 ? 4 : z; break;
    case 'o': c.at += mode64 ? (addressPrefix ? 4 : 8) : (addressPrefix ? 2 : 4); break;
    case 'v': c.at += wide ? 8 : z; break;
    case 'f': if (!mode64) c.at += z + 2; break;
    case 'e': c.at += 3; break;
    case '3': if (!(SkipModRm(c, address16) & 0x30)) c.at += 1; break;
    case '4': if (!(SkipModRm(c, address16) & 0x30)) c.at += z; break;
    default: break;
  }
  bool pushFlags = oneByte && opcode == 0x9c;
  return {c.at, rotateCarry || port || setMemory || pushFlags, pushFlags};
}
