# SPDX-License-Identifier: Apache-2.0
# Every outside library in one place. Debian package names: tools/packages.txt.
if(NOT Python3_EXECUTABLE AND EXISTS /usr/bin/python3)
  set(Python3_EXECUTABLE /usr/bin/python3)  # the one whose packages Debian installs
endif()
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)
# Debian builds SystemC as C++17 and checks it at link time; this definition makes C++20 code link with it.
target_compile_definitions(PkgConfig::SYSTEMC INTERFACE SC_CPLUSPLUS=201703L SC_INCLUDE_DYNAMIC_PROCESSES)
find_package(fmt REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers only: Asio
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(Protobuf REQUIRED)  # must precede ONNX
find_package(ONNX REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(LIBDW REQUIRED IMPORTED_TARGET libdw libelf)
if(TESSERA_TESTS)
  find_package(GTest REQUIRED)
endif()
if(TESSERA_BENCH)
  find_package(benchmark REQUIRED)
endif()
