{
  "includes": ["unicorn/unicorn.gypi"],
  "targets": [
    {
      "target_name": "engine",
      "sources": [
        "module.cc", "left-out.cc", "guest-array.cc", "interrupt.cc", "engine.cc", "float-traps.cc", "alignment-faults.cc", "branch-faults.cc", "machine.cc", "host.cc",
        "physical-memory.cc", "page-table.cc", "pages.cc", "fill.cc", "translations.cc", "shadow-code.cc", "watchpoints.cc",
        "counting.cc", "remainder.cc", "stepper.cc", "instruction-checks.cc", "access-probe.cc", "traps.cc", "cpuid.cc", "arm64-system-registers.cc", "x86-decode.cc", "x86-effects.cc",
        "x86-status-use.cc", "float-care.cc", "x87-operation.cc", "x87-state.cc", "x87-plan.cc", "x87-exact.cc", "x87-functions.cc", "sse-operands.cc",
        "block-checks.cc", "x86-block-checks.cc", "arm64-block-checks.cc", "arm64-decode.cc",
        "cpu-state.cc", "register-block.cc", "float-area.cc", "descriptors.cc",
        "boot-code.cc", "x86.cc", "arm64.cc", "unicorn-places.cc", "register-places.cc"
      ],
      "cflags": ["<@(unicorn_cflags)"],
      "cflags_cc": ["-std=c++17", "-O2", "-fomit-frame-pointer", "-fno-plt", "-Wall", "-Wextra", "-Wno-unused-parameter", "-fno-exceptions", "-fno-rtti", "<@(unicorn_cflags)"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_OPTIMIZATION_LEVEL": "2",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "WARNING_CFLAGS": ["-Wall", "-Wextra", "-Wno-unused-parameter"],
        "OTHER_CFLAGS": ["<@(unicorn_cflags)"]
      },
      "libraries": ["<@(unicorn_libraries)"]
    }
  ]
}
