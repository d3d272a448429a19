# The runtime of instrumented code: what the compiler's -fsanitize=thread callbacks and the wrapped
# C library calls do. Included by sim/hw/CMakeLists.txt, which adds VS_TSAN_SOURCES to its room.
set(VS_TSAN_SOURCES tsan_plain.c tsan_atomic.c tsan_libc.c)
# This is the code that sanitizers call: it must not be sanitized itself.
set_source_files_properties(${VS_TSAN_SOURCES} PROPERTIES COMPILE_OPTIONS "-fno-sanitize=all")
