# SPDX-License-Identifier: Apache-2.0
# tessera_library(NAME SOURCES ... [LINK ...] [PRIVATE_LINK ...]): a static library with our warnings.
# tessera_test(NAME SOURCES ... [LINK ...] [SYSTEMC]): a GoogleTest executable. Each TEST runs in a process
#   of its own (one SystemC elaboration per process). SYSTEMC links the sc_main wrapper of tests/support.
include(GoogleTest OPTIONAL)

add_library(tessera_options INTERFACE)
target_include_directories(tessera_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
# No fused multiply-add unless written: results must not depend on the instruction set.
target_compile_options(tessera_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -ffp-contract=off
  $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual>)

function(tessera_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC tessera_options ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()

function(tessera_test name)
  if(NOT TESSERA_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "SYSTEMC" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_compile_definitions(${name} PRIVATE TESSERA_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             TESSERA_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(ARG_SYSTEMC)
    target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/systemc_main.cpp")
    target_link_libraries(${name} PRIVATE ${ARG_LINK} PkgConfig::SYSTEMC GTest::gmock GTest::gtest tessera_options)
  else()
    target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest GTest::gtest_main tessera_options)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
