// Whether the exception flags that fnstsw leaves in AL matter: most who ask for the status word look at the condition codes
// in AH alone, and often (a comparison), so that they need not pay for flags that Unicorn keeps elsewhere.
#pragma once
#include <cstdint>

#include "guest-memory.h"

// Does the code from `address` perhaps read AL before something else is put there? (Intel SDM vol. 2, appendix A.)
bool X86MayReadAl(GuestMemory& memory, uint64_t address, bool mode64);
