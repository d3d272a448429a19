# Building code that the simulator runs: always by vcpusim-cc, always with the same flags, whatever
# the simulator's own build type, compiler and sanitizers are. Why: docs/instrumentation.md.

set(VS_CC "${CMAKE_CURRENT_LIST_DIR}/../vcpusim-cc")
cmake_path(NORMAL_PATH VS_CC)
set(VS_CC_DEPENDS "${VS_CC}" "${CMAKE_CURRENT_LIST_DIR}/../sim/hw/tsan_copies.awk")

set(VS_INSTRUMENTED_CC gcc CACHE STRING "compiler of instrumented code that names none: gcc, clang")

# What of models/kernel is so built: tables call it. Tests link it without a simulator too.
set(VS_KERNEL_ALGORITHMS mutex.c rwlock.c spinlock.c srcu.c srcu_cb.c srcu_gp.c srcu_tree.c
  swait.c workqueue.c)
list(TRANSFORM VS_KERNEL_ALGORITHMS PREPEND ${CMAKE_SOURCE_DIR}/models/kernel/)

# vs_instrumented_objects(NAME SOURCES files... [CC gcc|clang] [FLAGS flags...])
#
# Sets NAME_OBJECTS to object files that any target of this directory may list as sources, and
# makes the target NAME, which builds them.
function(vs_instrumented_objects name)
  cmake_parse_arguments(ARG "" "CC" "SOURCES;FLAGS" ${ARGN})
  if(NOT ARG_CC)
    set(ARG_CC ${VS_INSTRUMENTED_CC})
  endif()
  set(objects)
  foreach(source ${ARG_SOURCES})
    cmake_path(ABSOLUTE_PATH source NORMALIZE)
    cmake_path(GET source STEM LAST_ONLY stem)
    set(object "${CMAKE_CURRENT_BINARY_DIR}/${name}.instrumented/${stem}.o")
    if(object IN_LIST objects)
      message(FATAL_ERROR "${name}: two sources are called ${stem}.c")
    endif()
    add_custom_command(OUTPUT "${object}"
      COMMAND ${CMAKE_COMMAND} -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/${name}.instrumented"
      COMMAND "${VS_CC}" --cc=${ARG_CC} -c -o "${object}" -Wall -Wextra -Werror ${ARG_FLAGS}
              -MD -MF "${object}.d" -MT "${object}" "${source}"
      DEPENDS "${source}" ${VS_CC_DEPENDS}
      DEPFILE "${object}.d"
      COMMENT "Instrumenting ${stem}.c with ${ARG_CC}" VERBATIM)
    set_source_files_properties("${object}" PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    list(APPEND objects "${object}")
  endforeach()
  add_custom_target(${name} DEPENDS ${objects})
  set(${name}_OBJECTS "${objects}" PARENT_SCOPE)
endfunction()

# vs_module(NAME SOURCES files... [CC gcc|clang] [FLAGS flags...] [OUTPUT_DIR dir])
#
# Makes ${CMAKE_BINARY_DIR}/modules/NAME.so, as target module-NAME and as part of `all`. vcpusim loads
# all that lies there, so modules that only tests use go to an OUTPUT_DIR of their own.
function(vs_module name)
  cmake_parse_arguments(ARG "" "CC;OUTPUT_DIR" "SOURCES;FLAGS" ${ARGN})
  if(NOT ARG_CC)
    set(ARG_CC ${VS_INSTRUMENTED_CC})
  endif()
  vs_instrumented_objects(module-${name}-objects SOURCES ${ARG_SOURCES} CC ${ARG_CC}
                          FLAGS ${ARG_FLAGS})
  if(NOT ARG_OUTPUT_DIR)
    set(ARG_OUTPUT_DIR "${CMAKE_BINARY_DIR}/modules")
  endif()
  set(module "${ARG_OUTPUT_DIR}/${name}.so")
  add_custom_command(OUTPUT "${module}"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${ARG_OUTPUT_DIR}"
    COMMAND "${VS_CC}" --cc=${ARG_CC} -o "${module}" ${module-${name}-objects_OBJECTS}
    DEPENDS ${module-${name}-objects_OBJECTS} "${VS_CC}"
    COMMENT "Linking module ${name}" VERBATIM)
  add_custom_target(module-${name} ALL DEPENDS "${module}")
endfunction()
