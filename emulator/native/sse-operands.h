// Denormal operands of SSE arithmetic, which Unicorn does not tell of (Intel SDM vol. 1, 11.5.2 and 4.9.1.2).
#pragma once
#include <cstdint>

#include "x86-decode.h"

// Bytes that it reads of its second operand; 0: it is none that a denormal operand can meet.
unsigned SseArithmeticBytes(const X86Instruction& instruction);
// `left` is the register that gets the result, `right` the other operand, of 16 bytes each; `immediate`: the last byte of the code.
bool SseMeetsDenormal(const X86Instruction& instruction, const uint8_t* left, const uint8_t* right, uint8_t immediate);
// Exceptions that Unicorn tells of and a processor does not: rcp and rsqrt raise none, round not that of precision where it is told so.
unsigned SseSilent(const X86Instruction& instruction, uint8_t immediate);
bool SseMayBeSilent(const X86Instruction& instruction);
// A computed element of the result is denormal: while that is not masked an underflow, even where it is exact.
bool SseResultIsTiny(const X86Instruction& instruction, const uint8_t* result);
