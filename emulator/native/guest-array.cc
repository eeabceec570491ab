// V8 counts an external array's bytes as memory that a collection might free, and four
// gigabytes, most of them never touched, make it collect everything on the spot: a tenth of
// a short run. A backing store with V8's own empty deleter is not counted. Node-API has no
// call for that; V8's C++ calls are looked up by name, and a Node that has not exactly
// these (other C++ libraries name them otherwise) gets an array that is counted.
#include "guest-array.h"

#include <dlfcn.h>

#include <memory>

namespace {
struct BackingStore;  // v8::BackingStore
using Deleter = void (*)(void* data, size_t bytes, void* more);

// Names and types as in v8-array-buffer.h and v8-isolate.h. A v8::Local is one pointer, and so is a napi_value.
struct Uncounted {
  void* (*current)() = Named<void* (*)()>("_ZN2v87Isolate10GetCurrentEv");
  Deleter empty = Named<Deleter>("_ZN2v812BackingStore12EmptyDeleterEPvmS1_");
  void (*destroy)(BackingStore*) = Named<void (*)(BackingStore*)>("_ZN2v812BackingStoreD1Ev");
  struct Free {
    void operator()(BackingStore*) const {}
  };
  using Owned = std::unique_ptr<BackingStore, Free>;
  Owned (*store)(void* data, size_t bytes, Deleter, void* more) =
      Named<Owned (*)(void*, size_t, Deleter, void*)>("_ZN2v811ArrayBuffer15NewBackingStoreEPvmPFvS1_mS1_ES1_");
  napi_value (*array)(void* isolate, std::shared_ptr<BackingStore>) =
      Named<napi_value (*)(void*, std::shared_ptr<BackingStore>)>("_ZN2v811ArrayBuffer3NewEPNS_7IsolateESt10shared_ptrINS_12BackingStoreEE");

  bool possible() const { return current && empty && destroy && store && array; }
  napi_value Make(void* data, size_t bytes) const {
    auto end = destroy;
    std::shared_ptr<BackingStore> shared(store(data, bytes, empty, nullptr).release(), [end](BackingStore* gone) {
      end(gone);
      ::operator delete(static_cast<void*>(gone));
    });
    return array(current(), std::move(shared));
  }

 private:
  template <class Function>
  static Function Named(const char* name) { return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name)); }
};
}  // namespace

napi_value GuestArray(napi_env env, PhysicalMemory& memory, napi_finalize collected, void* hint) {
  static const Uncounted uncounted;
  napi_value array = nullptr;
  if (uncounted.possible()) {
    array = uncounted.Make(memory.base(), memory.bytes());
    napi_add_finalizer(env, array, memory.base(), collected, hint, nullptr);
  } else {
    napi_create_external_arraybuffer(env, memory.base(), memory.bytes(), collected, hint, &array);
  }
  return array;
}

void CountGuestArray(napi_env env, int64_t bytes) {
  int64_t total;
  napi_adjust_external_memory(env, bytes, &total);
}
