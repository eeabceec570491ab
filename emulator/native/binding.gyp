{
  "includes": ["unicorn/unicorn.gypi"],
  "targets": [
    {
      "target_name": "engine",
      "sources": [
        "module.cc", "engine.cc", "fill.cc", "pages.cc", "hooks.cc", "x86-length.cc", "stepper.cc", "remainder.cc", "shadow-code.cc", "memory.cc", "page-table.cc",
        "registers.cc", "contexts.cc", "x86.cc", "arm64.cc", "cpuid.cc"
      ],
      "cflags": ["<@(unicorn_cflags)"],
      "cflags_cc": ["-std=c++17", "-O2", "-fomit-frame-pointer", "-fno-plt", "-Wall", "-Wextra", "-Wno-unused-parameter", "-fno-exceptions", "-fno-rtti", "<@(unicorn_cflags)"],
      "libraries": ["<@(unicorn_libraries)"]
    }
  ]
}
