// What an x86 instruction does beside its result: how its memory operand must be aligned,
// and which general registers it changes (Intel SDM vol. 2, appendix A and 2.4).
#pragma once
#include <cstdint>

#include "x86-decode.h"

// Bytes that the address of the memory operand must be a multiple of; else the processor raises #GP. 1: it need not be.
unsigned X86OperandAlignment(const X86Instruction& instruction);

// A bit for each general register whose value it may change; more than it does where that is not worth knowing.
uint32_t X86WrittenRegisters(const X86Instruction& instruction);
// An instruction of MMX: it gives all registers of the x87 a value, but emms (0f77), which empties them.
bool X86IsMmx(const X86Instruction& instruction);
