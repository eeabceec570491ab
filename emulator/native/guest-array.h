// Guest memory as an ArrayBuffer.
#pragma once
#include <node_api.h>

#include "physical-memory.h"

// `collected` is called with `hint` when no script has it any more. The memory must live until then.
napi_value GuestArray(napi_env env, PhysicalMemory& memory, napi_finalize collected, void* hint);
// Tells the collector of scripts' objects that arrays which it could free hold so many bytes more.
void CountGuestArray(napi_env env, int64_t bytes);
