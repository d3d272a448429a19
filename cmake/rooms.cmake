# The program is linked with whole-program optimisation (7 % of a run's time). Objects carry both
# forms, so that tests need not be; gcc would do it whenever it finds such objects, so each says no.
set(VS_LTO_COMPILE $<$<AND:$<CONFIG:Release>,$<C_COMPILER_ID:GNU>>:-flto=auto;-ffat-lto-objects>)
set(VS_LTO_LINK $<$<AND:$<CONFIG:Release>,$<C_COMPILER_ID:GNU>>:-flto=auto>)
set(VS_NO_LTO_LINK $<$<AND:$<CONFIG:Release>,$<C_COMPILER_ID:GNU>>:-fno-lto>)

# A room is a directory of sim/ or models/ built as one static library. All rooms see include/ and
# the root (headers are named "sim/room/x.h"); tests/tidy checks the includes against the arrows.
function(vs_room name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;SOURCES;PACKAGES" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE "$<$<COMPILE_LANGUAGE:C>:${VS_LTO_COMPILE}>")
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PACKAGES})
endfunction()

# vs_check_test(NAME SOURCES files... ROOMS rooms...): a Check suite run by ctest.
function(vs_check_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;ROOMS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
  target_compile_definitions(${name} PRIVATE VS_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             VS_BINARY_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_ROOMS} PkgConfig::CHECK)
  target_link_options(${name} PRIVATE ${VS_NO_LTO_LINK})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  # A run that is cut short leaves what was under way, on stacks that leak checks cannot read.
  if(VS_SANITIZE AND "vs_engine" IN_LIST ARG_ROOMS)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT
                         "ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0")
  endif()
endfunction()
