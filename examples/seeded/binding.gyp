{
  "target_defaults": {
    "sources": [
      "native/addon.c",
      "native/leaks.c",
      "native/blocks.c",
      "native/values.c",
      "native/threads.c",
      "native/buffers.c",
      "native/rules.c",
      "native/failures.c",
      "native/mismatch.cc"
    ],
    "cflags": ["-g", "-O1", "-fno-omit-frame-pointer", "-pthread", "-Wall", "-Wextra", "-Wno-free-nonheap-object", "-Wno-use-after-free", "-Wno-stringop-overflow", "-Wno-array-bounds", "-Wno-maybe-uninitialized", "-Wno-uninitialized", "-Wno-dangling-pointer"],
    "cflags_cc": ["-Wno-mismatched-new-delete"],
    "cflags!": ["-O3", "-O2"],
    "ldflags": ["-pthread"]
  },
  "targets": [
    { "target_name": "seeded", "defines": ["SEEDED=1"] },
    { "target_name": "clean", "defines": ["SEEDED=0"] }
  ]
}
