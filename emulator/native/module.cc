// The Node-API face of the engine: createEngine returns an object of functions that
// are bound to one engine by their data pointer, so that the hot ones cost one call and
// no unwrapping. Results come back through the shared state array.
#include <node_api.h>

#include <cmath>

#include "engine.h"

namespace {
// Outlives the engine, since a bound function may be kept: it is never freed.
struct Handle {
  Engine* engine = nullptr;  // null when closed
  Engine* memory = nullptr;  // the same, until the array buffer is collected
  napi_ref state = nullptr, block = nullptr;
};

struct Call {
  napi_env env;
  Handle* handle = nullptr;
  size_t count = 6;
  napi_value values[6];

  Call(napi_env e, napi_callback_info info) : env(e) {
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, values, nullptr, &data);
    handle = static_cast<Handle*>(data);
    if (handle && !handle->engine) napi_throw_error(env, nullptr, "the engine is closed");
  }
  bool ok() const { return handle && handle->engine; }
  Engine* operator->() const { return handle->engine; }
  double Number(size_t i) const {
    double value = 0;
    if (i < count) napi_get_value_double(env, values[i], &value);
    return value;
  }
  // Addresses are numbers; negative ones stand for the upper half.
  uint64_t Address(size_t i) const {
    double value = Number(i);
    return value < 0 ? static_cast<uint64_t>(static_cast<int64_t>(value)) : static_cast<uint64_t>(value);
  }
  unsigned Bits(size_t i) const { return static_cast<unsigned>(Number(i)); }
  int Id(size_t i) const { return static_cast<int>(Number(i)); }
  napi_value Fail(const char* message) const {
    napi_throw_range_error(env, nullptr, message);
    return nullptr;
  }
  napi_value Return(double value) const {
    napi_value result;
    napi_create_double(env, value, &result);
    return result;
  }
  napi_value Return(int value) const {
    napi_value result;
    napi_create_int32(env, value, &result);
    return result;
  }
};

#define METHOD(name) napi_value name(napi_env env, napi_callback_info info)
#define CALL() Call call(env, info); if (!call.ok()) return nullptr

// The budget comes in through the state array: no argument to unwrap.
METHOD(Run) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  auto* handle = static_cast<Handle*>(data);
  if (handle->engine) handle->engine->RunFromState();
  else napi_throw_error(env, nullptr, "the engine is closed");
  return nullptr;
}
METHOD(ReadFloat) { CALL(); call->ReadFloat(); return nullptr; }
METHOD(NewContext) { CALL(); return call.Return(call->NewContext(call.Id(0))); }
METHOD(SaveContext) { CALL(); return call->SaveContext(call.Id(0)) ? nullptr : call.Fail("no such context"); }
METHOD(RestoreContext) { CALL(); return call->RestoreContext(call.Id(0)) ? nullptr : call.Fail("no such context"); }
METHOD(FreeContext) { CALL(); return call->FreeContext(call.Id(0)) ? nullptr : call.Fail("no such context"); }
METHOD(MapPages) { CALL(); return call->MapPages(call.Address(0), call.Address(1), call.Bits(2)) ? nullptr : call.Fail("mapPages: address out of range"); }
METHOD(UnmapPages) { CALL(); call->UnmapPages(call.Address(0), call.Address(1)); return nullptr; }
METHOD(ProtectPages) { CALL(); return call->ProtectPages(call.Address(0), call.Address(1), call.Bits(2)) ? nullptr : call.Fail("protectPages: a page is not mapped"); }
METHOD(AliasPages) { CALL(); return call->AliasPages(call.Address(0), call.Address(1), call.Address(2), call.Bits(3)) ? nullptr : call.Fail("aliasPages: a source page is not mapped, or physical memory is exhausted"); }
METHOD(Translate) { CALL(); return call.Return(call->Translate(call.Address(0), call.Bits(1))); }
METHOD(Protection) { CALL(); return call.Return(call->Protection(call.Address(0))); }
METHOD(CodeChanged) { CALL(); call->CodeChanged(call.Address(0), call.Address(1)); return nullptr; }
METHOD(SetBreakpoint) { CALL(); call->SetBreakpoint(call.Address(0), call.Number(1) != 0); return nullptr; }
METHOD(AddWatchpoint) { CALL(); call->AddWatchpoint(Watchpoint{call.Address(0), call.Address(1), call.Bits(2)}); return nullptr; }
METHOD(RemoveWatchpoint) { CALL(); call->RemoveWatchpoint(call.Address(0), call.Address(1)); return nullptr; }
METHOD(Record) { CALL(); call->Record(call.Bits(0)); return nullptr; }
METHOD(AccessSize) { CALL(); return call.Return(static_cast<int>(call->AccessSize())); }

METHOD(Recorded) {
  CALL();
  std::vector<uint64_t> list = call->Recorded();
  napi_value result;
  napi_create_array_with_length(env, list.size(), &result);
  for (size_t i = 0; i < list.size(); i++) napi_set_element(env, result, static_cast<uint32_t>(i), call.Return(static_cast<double>(list[i])));
  return result;
}

// The engine's memory must outlive `physical`, which scripts may still hold: close
// frees the CPUs, the arena goes with the array buffer.
METHOD(Close) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  auto* handle = static_cast<Handle*>(data);
  if (handle->engine) {
    handle->engine->Close();
    handle->engine = nullptr;
  }
  return nullptr;
}

// createEngine(cpu, physicalBytes, pageShift, selectors: Uint16Array(8), state: Float64Array, block: ArrayBuffer)
METHOD(CreateEngine) {
  size_t count = 6;
  napi_value values[6];
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  double cpu = 0, bytes = 0, shift = 12;
  napi_get_value_double(env, values[0], &cpu);
  napi_get_value_double(env, values[1], &bytes);
  napi_get_value_double(env, values[2], &shift);
  void *selectors = nullptr, *state = nullptr, *block = nullptr;
  size_t blockBytes = 0, selectorCount = 0, stateCount = 0;
  napi_get_typedarray_info(env, values[3], nullptr, &selectorCount, &selectors, nullptr, nullptr);
  napi_get_typedarray_info(env, values[4], nullptr, &stateCount, &state, nullptr, nullptr);
  napi_get_arraybuffer_info(env, values[5], &block, &blockBytes);
  if (selectorCount != sizeof(Selectors) / 2 || stateCount < kStateSlots || blockBytes < kBlockBytes) {
    napi_throw_type_error(env, nullptr, "createEngine: wrong arguments");
    return nullptr;
  }
  auto* engine = new Engine(static_cast<Cpu>(static_cast<int>(cpu)), static_cast<uint64_t>(bytes), static_cast<unsigned>(shift),
                            *static_cast<Selectors*>(selectors), static_cast<double*>(state), static_cast<uint8_t*>(block));
  if (!engine->error().empty()) {
    napi_throw_error(env, nullptr, engine->error().c_str());
    delete engine;
    return nullptr;
  }
  auto* handle = new Handle;
  handle->engine = handle->memory = engine;
  napi_create_reference(env, values[4], 1, &handle->state);
  napi_create_reference(env, values[5], 1, &handle->block);

  napi_value object, physical;
  napi_create_object(env, &object);
  napi_create_external_arraybuffer(env, engine->memory().base(), engine->memory().bytes(),
      [](napi_env collected, void*, void* hint) {
        auto* gone = static_cast<Handle*>(hint);
        delete gone->memory;
        gone->engine = gone->memory = nullptr;
        napi_delete_reference(collected, gone->state);
        napi_delete_reference(collected, gone->block);
      },
      handle, &physical);
  napi_set_named_property(env, object, "physical", physical);
  struct { const char* name; napi_callback function; } methods[] = {
      {"run", Run}, {"readFloat", ReadFloat}, {"newContext", NewContext}, {"saveContext", SaveContext}, {"restoreContext", RestoreContext},
      {"freeContext", FreeContext}, {"mapPages", MapPages}, {"unmapPages", UnmapPages}, {"protectPages", ProtectPages}, {"aliasPages", AliasPages},
      {"translate", Translate}, {"protection", Protection}, {"codeChanged", CodeChanged}, {"setBreakpoint", SetBreakpoint},
      {"addWatchpoint", AddWatchpoint}, {"removeWatchpoint", RemoveWatchpoint}, {"record", Record}, {"recorded", Recorded},
      {"accessSize", AccessSize}, {"close", Close}};
  for (auto& method : methods) {
    napi_value function;
    napi_create_function(env, method.name, NAPI_AUTO_LENGTH, method.function, handle, &function);
    napi_set_named_property(env, object, method.name, function);
  }
  return object;
}

napi_value Init(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "createEngine", NAPI_AUTO_LENGTH, CreateEngine, nullptr, &function);
  napi_set_named_property(env, exports, "createEngine", function);
  return exports;
}
}  // namespace

NAPI_MODULE(engine, Init)
