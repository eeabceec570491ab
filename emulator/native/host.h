// The few things that hosts do differently: reserving address space, giving pages back,
// and the size of a block that malloc gave out.
#pragma once
#include <cstddef>
#include <cstdint>

// Address space that reads as zeros and takes memory as it is touched; null when there is none.
void* ReserveMemory(uint64_t bytes);
void ReleaseMemory(void* start, uint64_t bytes);
// The bytes read as zeros again; whole pages among them go back to the host.
void ReturnMemory(uint8_t* start, uint64_t bytes);

size_t AllocatedBytes(void* block);
