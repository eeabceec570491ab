// The Node-API face of the engine: createEngine returns an object of functions that
// are bound to one engine by their data pointer, so that the hot ones cost one call and
// no unwrapping. Results come back through the shared state array.
#include <node_api.h>

#include <cmath>

#include "engine.h"
#include "exits.h"
#include "guest-array.h"
#include "interrupt.h"

namespace {
// Outlives the engine, since a bound function may be kept: it is never freed.
struct Handle {
  Engine* engine = nullptr;  // null when closed
  Engine* memory = nullptr;  // the same, until the array buffer is collected
  napi_ref state = nullptr, block = nullptr;
  int64_t counted = 0;
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
  Engine* engine = handle->engine;
  if (engine) engine->Run();
  const char* error = engine ? engine->error().c_str() : "the engine is closed";
  if (*error) napi_throw_error(env, nullptr, error);
  return nullptr;
}
METHOD(ReadFloat) { CALL(); call->cpu().ReadFloats(); return nullptr; }
METHOD(NewContext) { CALL(); return call.Return(call->cpu().New(call.Id(0))); }
METHOD(SaveContext) { CALL(); return call->cpu().Save(call.Id(0)) ? nullptr : call.Fail("no such context"); }
METHOD(RestoreContext) { CALL(); return call->cpu().Restore(call.Id(0)) ? nullptr : call.Fail("no such context"); }
METHOD(FreeContext) { CALL(); return call->cpu().Free(call.Id(0)) ? nullptr : call.Fail("no such context"); }
METHOD(MapPages) { CALL(); return call->memory().Map(call.Address(0), call.Address(1), call.Bits(2)) ? nullptr : call.Fail("mapPages: address out of range"); }
METHOD(UnmapPages) { CALL(); call->memory().Unmap(call.Address(0), call.Address(1)); return nullptr; }
METHOD(DiscardPages) { CALL(); call->memory().Discard(call.Address(0), call.Address(1)); return nullptr; }
METHOD(ProtectPages) { CALL(); return call->memory().Protect(call.Address(0), call.Address(1), call.Bits(2)) ? nullptr : call.Fail("protectPages: a page is not mapped"); }
METHOD(AliasPages) { CALL(); return call->memory().Alias(call.Address(0), call.Address(1), call.Address(2), call.Bits(3)) ? nullptr : call.Fail("aliasPages: a source page is not mapped, or physical memory is exhausted"); }
METHOD(Translate) { CALL(); return call.Return(call->memory().Translate(call.Address(0), call.Bits(1))); }
METHOD(Protection) { CALL(); return call.Return(call->memory().Protection(call.Address(0))); }
METHOD(ProtectionEnd) { CALL(); return call.Return(static_cast<double>(call->memory().ProtectionEnd(call.Address(0), call.Address(1)))); }
METHOD(Resident) { CALL(); return call.Return(static_cast<int>(call->memory().Resident(call.Address(0)))); }
METHOD(CodeChanged) { CALL(); call->memory().CodeChanged(call.Address(0), call.Address(1)); return nullptr; }
METHOD(SetBreakpoint) { CALL(); call->SetBreakpoint(call.Address(0), call.Number(1) != 0); return nullptr; }
METHOD(AddWatchpoint) { CALL(); call->memory().AddWatchpoint(Watchpoint{call.Address(0), call.Address(1), call.Bits(2)}); return nullptr; }
METHOD(RemoveWatchpoint) { CALL(); call->memory().RemoveWatchpoint(call.Address(0), call.Address(1)); return nullptr; }
METHOD(Record) { CALL(); call->recording().Begin(call.Bits(0)); return nullptr; }
METHOD(AccessSize) { CALL(); return call.Return(static_cast<int>(call->AccessSize())); }

METHOD(Places) { CALL(); return call.Return(static_cast<int>(call->places())); }

METHOD(Decode) {
  CALL();
  uint64_t address = call.Address(0);
  X86Instruction instruction = call->Decode(address);
  if (!instruction.length) return nullptr;
  napi_value object;
  napi_create_object(env, &object);
  auto set = [&](const char* name, double value) { napi_set_named_property(env, object, name, call.Return(value)); };
  set("length", instruction.length);
  set("opcode", instruction.opcode);
  set("rex", instruction.rex);
  set("operandBytes", instruction.operandBytes);
  if (instruction.hasModRm) set("modrm", instruction.modrm);
  if (instruction.hasMemory()) set("operandAddress", static_cast<double>(static_cast<int64_t>(instruction.OperandAddress(address, call->cpu().registers.general()))));
  return object;
}

METHOD(Recorded) {
  CALL();
  std::vector<uint64_t> list = call->recording().List();
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
    // What scripts still hold, for the collector to know.
    CountGuestArray(env, handle->counted = static_cast<int64_t>(handle->memory->memory().physical().resident()));
  }
  return nullptr;
}

void Collected(napi_env env, void*, void* hint) {
  auto* handle = static_cast<Handle*>(hint);
  CountGuestArray(env, -handle->counted);
  delete handle->memory;
  handle->engine = handle->memory = nullptr;
  napi_delete_reference(env, handle->state);
  napi_delete_reference(env, handle->block);
}

// createEngine(cpu, physicalBytes, pageShift, selectors: Uint16Array(8), state: Float64Array, block: ArrayBuffer, hiddenPlaces, alignmentChecks)
METHOD(CreateEngine) {
  size_t count = 8;
  napi_value values[8];
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  bool alignmentChecks = true;
  napi_get_value_bool(env, values[7], &alignmentChecks);
  double cpu = 0, bytes = 0, shift = 12, hidden = 0;
  napi_get_value_double(env, values[0], &cpu);
  napi_get_value_double(env, values[1], &bytes);
  napi_get_value_double(env, values[2], &shift);
  napi_get_value_double(env, values[6], &hidden);
  void *selectors = nullptr, *state = nullptr, *block = nullptr;
  size_t blockBytes = 0, selectorCount = 0, stateCount = 0;
  napi_get_typedarray_info(env, values[3], nullptr, &selectorCount, &selectors, nullptr, nullptr);
  napi_get_typedarray_info(env, values[4], nullptr, &stateCount, &state, nullptr, nullptr);
  napi_get_arraybuffer_info(env, values[5], &block, &blockBytes);
  if (selectorCount != sizeof(Selectors) / 2 || stateCount < kStateSlots || blockBytes < kBlockBytes) {
    napi_throw_type_error(env, nullptr, "createEngine: wrong arguments");
    return nullptr;
  }
  CpuModel model{static_cast<Cpu>(static_cast<int>(cpu)), static_cast<unsigned>(shift), *static_cast<Selectors*>(selectors), alignmentChecks};
  auto* engine = new Engine(model, static_cast<uint64_t>(bytes), static_cast<double*>(state), static_cast<uint8_t*>(block), static_cast<unsigned>(hidden));
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
  physical = GuestArray(env, engine->memory().physical(), Collected, handle);
  napi_set_named_property(env, object, "physical", physical);
  struct { const char* name; napi_callback function; } methods[] = {
      {"run", Run}, {"readFloat", ReadFloat}, {"newContext", NewContext}, {"saveContext", SaveContext}, {"restoreContext", RestoreContext},
      {"freeContext", FreeContext}, {"mapPages", MapPages}, {"unmapPages", UnmapPages}, {"discardPages", DiscardPages}, {"protectPages", ProtectPages}, {"aliasPages", AliasPages},
      {"translate", Translate}, {"protection", Protection}, {"protectionEnd", ProtectionEnd}, {"resident", Resident}, {"codeChanged", CodeChanged}, {"setBreakpoint", SetBreakpoint},
      {"addWatchpoint", AddWatchpoint}, {"removeWatchpoint", RemoveWatchpoint}, {"record", Record}, {"recorded", Recorded},
      {"accessSize", AccessSize}, {"decode", Decode}, {"places", Places}, {"close", Close}};
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
  DefineInterrupt(env, exports);
  return exports;
}
}  // namespace

NAPI_MODULE(engine, Init)
