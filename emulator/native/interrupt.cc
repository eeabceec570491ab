// SIGINT and SIGTERM while a run keeps JavaScript from seeing them: the number of the signal appears in a shared word,
// which the run looks at between pieces of guest code.
#include "interrupt.h"

#include <csignal>
#include <cstdint>

namespace {
const int kSignals[] = {SIGINT, SIGTERM};
struct sigaction before[2];
volatile int32_t* word = nullptr;
napi_ref keptAlive = nullptr;

void Note(int signal) {
  if (word != nullptr) *word = signal;
}

napi_value Catch(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value array;
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, &array, nullptr, nullptr);
  if (word != nullptr || napi_get_typedarray_info(env, array, nullptr, nullptr, &data, nullptr, nullptr) != napi_ok) {
    napi_throw_type_error(env, nullptr, "catchSignals: wants one Int32Array, and to be called once");
    return nullptr;
  }
  napi_create_reference(env, array, 1, &keptAlive);
  word = static_cast<int32_t*>(data);
  struct sigaction action = {};
  action.sa_handler = Note;
  for (int i = 0; i < 2; i++) sigaction(kSignals[i], &action, &before[i]);
  return nullptr;
}

napi_value Release(napi_env env, napi_callback_info) {
  if (word == nullptr) return nullptr;
  for (int i = 0; i < 2; i++) sigaction(kSignals[i], &before[i], nullptr);
  word = nullptr;
  napi_delete_reference(env, keptAlive);
  return nullptr;
}
}  // namespace

void DefineInterrupt(napi_env env, napi_value exports) {
  struct { const char* name; napi_callback function; } functions[] = {{"catchSignals", Catch}, {"releaseSignals", Release}};
  for (auto& each : functions) {
    napi_value function;
    napi_create_function(env, each.name, NAPI_AUTO_LENGTH, each.function, nullptr, &function);
    napi_set_named_property(env, exports, each.name, function);
  }
}
