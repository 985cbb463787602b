# tests/fuzz/fuzz_NAME.c becomes one program each: with clang and -DSLIPWAY_FUZZ=ON a
# libFuzzer target, in every other build a program that replays the corpus, which is
# then a test like any other (tests/fuzz/README.md).
option(SLIPWAY_FUZZ "libFuzzer targets; needs clang" OFF)
if(SLIPWAY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined
    -fno-sanitize-recover=all -g -O1)
  add_link_options(-fsanitize=address,undefined)
endif()

function(slipway_fuzz name)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
    return()
  endif()
  add_executable(fuzz_${name} tests/fuzz/fuzz_${name}.c)
  target_include_directories(fuzz_${name} PRIVATE include orchestrator plugins tests/lib)
  target_link_libraries(fuzz_${name} PRIVATE ${ARGN})
  if(SLIPWAY_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE tests/fuzz/replay.c)
    target_link_libraries(fuzz_${name} PRIVATE part_util)
  endif()
endfunction()
