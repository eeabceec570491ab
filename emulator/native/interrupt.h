#pragma once
#include <node_api.h>

void DefineInterrupt(napi_env env, napi_value exports);
