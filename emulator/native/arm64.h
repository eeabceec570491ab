// ARM64 start-up: EL0, with the user-level cache operations enabled as OSes do.
#pragma once
#include <string>

#include "machine.h"

// The state of a fresh thread. Returns what went wrong.
std::string MakeArm64Thread(Machine& machine, Blob& thread);
