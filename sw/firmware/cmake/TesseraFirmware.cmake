# SPDX-License-Identifier: Apache-2.0
# Cross-compiles C and assembly with custom commands: one build directory holds host and target programs.
#
# tessera_firmware_objects(VAR GROUP SOURCES ... [DEFINITIONS ...]): objects of a group; VAR gets their paths.
# tessera_firmware_archive(NAME SOURCES ...): ${TESSERA_FIRMWARE_DIR}/lib/libNAME.a
# tessera_firmware_program(NAME SOURCES ... [DEFINITIONS ...]): ${TESSERA_FIRMWARE_DIR}/NAME.elf, and a target NAME_elf.

find_program(TESSERA_RISCV_CC riscv64-unknown-elf-gcc)
find_program(TESSERA_RISCV_AR riscv64-unknown-elf-ar)
if(NOT TESSERA_RISCV_CC OR NOT TESSERA_RISCV_AR)
  message(FATAL_ERROR "riscv64-unknown-elf-gcc is missing: install gcc-riscv64-unknown-elf, or configure with "
                      "-DTESSERA_FIRMWARE=OFF and bring programs of your own")
endif()

set(TESSERA_FIRMWARE_DIR "${PROJECT_BINARY_DIR}/firmware")
# GCC 12 wants _zicsr to compile CSR instructions, but with it chooses RV64 libraries when it links.
set(firmware_abi -mabi=ilp32 -mcmodel=medany)
set(firmware_compile -march=rv32imc_zicsr ${firmware_abi} -O2 -g -ffreestanding -ffunction-sections -fdata-sections
    -fno-common "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=." "-ffile-prefix-map=${PROJECT_BINARY_DIR}=build")
set(firmware_warnings -Wall -Wextra -Werror -Wshadow -Wconversion -Wundef -Wstrict-prototypes -Wmissing-prototypes)
set(firmware_link -march=rv32imc ${firmware_abi} -static -nostdlib -nostartfiles -Wl,--gc-sections)
set(firmware_linker_script "${CMAKE_CURRENT_SOURCE_DIR}/startup/tessera.ld")
set(firmware_includes "-I${CMAKE_CURRENT_SOURCE_DIR}/driver" "-I${CMAKE_CURRENT_SOURCE_DIR}/runtime"
    "-I${CMAKE_CURRENT_SOURCE_DIR}/operators"
    "-I${PROJECT_SOURCE_DIR}" "-I${PROJECT_BINARY_DIR}/generated")

function(tessera_firmware_objects variable group)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEFINITIONS" ${ARGN})
  list(TRANSFORM ARG_DEFINITIONS PREPEND "-D")
  set(objects)
  foreach(source IN LISTS ARG_SOURCES)
    get_filename_component(path "${source}" ABSOLUTE)
    get_filename_component(name "${source}" NAME)
    set(object "${TESSERA_FIRMWARE_DIR}/obj/${group}/${name}.o")
    set(language ${firmware_warnings} -std=c11)
    if(source MATCHES "\\.S$")
      set(language "-Wa,--debug-prefix-map,${PROJECT_SOURCE_DIR}=.")  # GCC 12 maps paths of C only
    endif()
    add_custom_command(
      OUTPUT "${object}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${TESSERA_FIRMWARE_DIR}/obj/${group}"
      COMMAND "${TESSERA_RISCV_CC}" ${firmware_compile} ${language} ${firmware_includes} ${ARG_DEFINITIONS}
              -MD -MF "${object}.d" -MT "${object}" -c "${path}" -o "${object}"
      # The stamp orders the first build; what changes in the headers is seen through the dependency file.
      DEPENDS "${path}" "${PROJECT_BINARY_DIR}/generated/tessera_registers.stamp"
      DEPFILE "${object}.d"
      COMMENT "Firmware: compiling ${group}/${name}"
      VERBATIM)
    list(APPEND objects "${object}")
  endforeach()
  set(${variable} ${objects} PARENT_SCOPE)
endfunction()

function(tessera_firmware_archive name)
  tessera_firmware_objects(objects "${name}" ${ARGN})
  set(archive "${TESSERA_FIRMWARE_DIR}/lib/lib${name}.a")
  add_custom_command(
    OUTPUT "${archive}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${TESSERA_FIRMWARE_DIR}/lib"
    COMMAND "${CMAKE_COMMAND}" -E rm -f "${archive}"
    COMMAND "${TESSERA_RISCV_AR}" rcsD "${archive}" ${objects}
    DEPENDS ${objects}
    COMMENT "Firmware: archiving lib${name}.a"
    VERBATIM)
endfunction()

function(tessera_firmware_program name)
  tessera_firmware_objects(objects "${name}" ${ARGN})
  set(elf "${TESSERA_FIRMWARE_DIR}/${name}.elf")
  set(crt0 "${TESSERA_FIRMWARE_DIR}/obj/startup/crt0.S.o")
  set(library "${TESSERA_FIRMWARE_DIR}/lib/libtessera.a")
  add_custom_command(
    OUTPUT "${elf}"
    COMMAND "${TESSERA_RISCV_CC}" ${firmware_link} -T "${firmware_linker_script}" "${crt0}" ${objects} "${library}"
            -lgcc -o "${elf}"
    DEPENDS ${objects} "${crt0}" "${library}" "${firmware_linker_script}"
    COMMENT "Firmware: linking ${name}.elf"
    VERBATIM)
  add_custom_target(${name}_elf ALL DEPENDS "${elf}")
  # One target makes what all programs share, so that parallel builds do not run its commands twice.
  add_dependencies(${name}_elf tessera_firmware_library)
endfunction()
