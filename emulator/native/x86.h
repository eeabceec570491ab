// x86 start-up. One 64-bit engine in ring 3 with a descriptor table serves both CPUs:
// 32-bit code runs in compatibility mode (Intel SDM vol. 3, 3.4.5 and 5.2.1), so that far
// transfers between the two are the processor's own.
#pragma once
#include <string>

#include "boot-code.h"
#include "machine.h"

// Control registers, which both machines need.
void SetUpX86(Machine& machine);
// The states of fresh threads, of 64-bit and of 32-bit code; a mode without a selector has none.
// Returns what went wrong.
std::string MakeX86Threads(Machine& machine, BootCode& boot, Blob threads[2]);
