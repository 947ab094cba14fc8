# SPDX-License-Identifier: Apache-2.0
# Verilated models. Verilator's C++ is compiled by the build like any other: in files of even size whose
# names are known beforehand (cmake/verilate), so that all cores are busy to the end, and nothing is
# compiled again whose text has not changed.
#
#   vmso_verilate(TARGET name TOP module [SOURCES file.sv ...] [PARAMS "Config=1" ...] [PREFIX Vx]
#                 [FAST n] [SLOW n] [OPT -On] [TRACE] [NETLIST])
#
# makes the static library `name` from `TOP`, found in SOURCES or by its file name in the rooms under
# rtl/. Header: "<PREFIX>.h" (default V<module>). Assertions of both tiers are on; start values are
# random. FAST (1), SLOW (0): files for what runs every cycle, and for what runs once (without
# optimization); SLOW 0: both together, quickest for a room.
# TRACE: with waves. NETLIST: SOURCES are the whole design, written by a tool; its style is not checked.
#
#   vmso_model(CONFIG name INDEX n [TRACE])
#
# makes the whole engine, behind sim/model/dut.hpp, a library that is loaded when it is asked for:
# models/vmso_<name>.so, with TRACE models/vmso_<name>_wave.so.
#
# VMSO_COVERAGE (preset `coverage`) counts lines and drops the traces; a run then leaves its counts in
# the directory $VMSO_COVERAGE_DIR (sim/model/coverage.hpp).
#
#   vmso_unit_test(ROOM room SOURCES a.cpp ... MODELS name ...)
#
# makes the Catch2 binary unit_<room> and registers it with ctest.

find_program(VERILATOR verilator REQUIRED)
find_program(PERL perl REQUIRED)  # verilator is a Perl script too
set(VERILATOR_INCLUDE /usr/share/verilator/include CACHE PATH "headers of the Verilator run time")

set(VMSO_ROOMS common axi csr ring job run xlat seg read out cpl retire)
set(VMSO_RTL ${PROJECT_SOURCE_DIR}/rtl)
set(VMSO_PACKAGES
    ${VMSO_RTL}/vmso_config_pkg.sv ${VMSO_RTL}/vmso_rec_pkg.sv ${VMSO_RTL}/vmso_pkg.sv
    ${VMSO_RTL}/common/vmso_math_pkg.sv)
file(GLOB VMSO_ROOM_PACKAGES CONFIGURE_DEPENDS ${VMSO_RTL}/*/vmso_*_pkg.sv)
list(APPEND VMSO_PACKAGES ${VMSO_ROOM_PACKAGES})
list(REMOVE_DUPLICATES VMSO_PACKAGES)
file(GLOB_RECURSE VMSO_RTL_FILES CONFIGURE_DEPENDS ${VMSO_RTL}/*.sv ${VMSO_RTL}/*.svh)

set(VMSO_VERILATOR_FLAGS "" CACHE STRING "more options for Verilator, such as -Wno-fatal")
set(VMSO_MODEL_OPT -O3 CACHE STRING "optimization of the whole engine's C++")
set(VMSO_UNIT_OPT -O1 CACHE STRING "optimization of the unit tests' models, which run for seconds")
option(VMSO_COVERAGE "count covered RTL lines, without traces" OFF)
set(VMSO_PROFILE OFF CACHE STRING "profile-guided models: generate, use or OFF (scripts/pgo)")

find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
add_library(verilated_rt STATIC ${VERILATOR_INCLUDE}/verilated.cpp
                                ${VERILATOR_INCLUDE}/verilated_dpi.cpp
                                ${VERILATOR_INCLUDE}/verilated_threads.cpp)
add_library(verilated_fst STATIC EXCLUDE_FROM_ALL ${VERILATOR_INCLUDE}/verilated_fst_c.cpp)
target_link_libraries(verilated_fst PUBLIC verilated_rt ZLIB::ZLIB)
if(EXISTS ${VERILATOR_INCLUDE}/fstcpp)  # the writer of a newer Verilator needs the system's lz4
  find_library(LZ4_LIBRARY lz4 REQUIRED)
  target_link_libraries(verilated_fst PUBLIC ${LZ4_LIBRARY})
endif()
# A model that is loaded has a run time of its own.
set_target_properties(verilated_rt verilated_fst PROPERTIES POSITION_INDEPENDENT_CODE ON
                                                            CXX_VISIBILITY_PRESET hidden)
target_include_directories(verilated_rt SYSTEM PUBLIC ${VERILATOR_INCLUDE}
                           ${VERILATOR_INCLUDE}/vltstd)
target_include_directories(verilated_rt PUBLIC ${PROJECT_SOURCE_DIR}/sim)  # model/coverage.hpp
if(VMSO_COVERAGE)
  target_sources(verilated_rt PRIVATE ${VERILATOR_INCLUDE}/verilated_cov.cpp)
endif()
target_compile_definitions(verilated_rt PUBLIC VM_COVERAGE=$<BOOL:${VMSO_COVERAGE}> VM_SC=0
                           VL_TIME_CONTEXT)
target_link_libraries(verilated_rt PUBLIC Threads::Threads)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)  # calls where g++ has an instruction
  target_link_libraries(verilated_rt PUBLIC atomic)
endif()

function(vmso_verilate)
  cmake_parse_arguments(V "TRACE;NETLIST" "TARGET;TOP;PREFIX;FAST;SLOW;OPT" "SOURCES;PARAMS" ${ARGN})
  if(NOT V_PREFIX)
    set(V_PREFIX V${V_TOP})
  endif()
  if(NOT V_FAST)
    set(V_FAST 1)
  endif()
  if(NOT V_SLOW)
    set(V_SLOW 0)
  endif()
  if(NOT V_OPT)
    set(V_OPT ${VMSO_UNIT_OPT})
  endif()
  if(NOT V_SOURCES)
    file(GLOB_RECURSE V_SOURCES ${VMSO_RTL}/${V_TOP}.sv)
  endif()
  if(NOT V_NETLIST)
    list(REMOVE_ITEM V_SOURCES ${VMSO_PACKAGES})  # they come first anyway
  endif()
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/${V_TARGET}.verilated)
  set(pack --dir ${dir} --prefix ${V_PREFIX} --fast ${V_FAST} --slow ${V_SLOW})
  set(args --cc --top-module ${V_TOP} --prefix ${V_PREFIX}
      --x-assign unique --x-initial unique -O3 --output-split 20000 --output-split-cfuncs 5000)
  separate_arguments(more NATIVE_COMMAND "${VMSO_VERILATOR_FLAGS}")
  list(APPEND args ${more})
  if(VMSO_COVERAGE)
    # A split block would count `if (x < n) n = x;` with the n that the block ends with. Unsplit,
    # signals of one block that have nothing to do with each other look like a loop.
    list(APPEND args --coverage-line -fno-split -Wno-UNOPTFLAT)
    list(APPEND pack --keep-lines)
  elseif(V_TRACE)
    list(APPEND args --trace-fst --trace-structs)
  endif()
  if(V_NETLIST)
    set(inputs ${V_SOURCES})
    list(APPEND args -Wno-lint -Wno-fatal -DVMSO_NETLIST)
  else()
    set(inputs ${VMSO_RTL}/vmso.vlt ${VMSO_PACKAGES} ${V_SOURCES})
    list(APPEND args -Wall --assert -DVMSO_IMPL_ON -I${VMSO_RTL}/common)
    foreach(room ${VMSO_ROOMS})
      list(APPEND args -y ${VMSO_RTL}/${room})
    endforeach()
    list(APPEND args -y ${VMSO_RTL} -y ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  foreach(param ${V_PARAMS})
    list(APPEND args -G${param})
  endforeach()
  set(fast)
  set(slow)
  foreach(kind FAST SLOW)
    string(TOLOWER ${kind} name)
    set(i 0)
    while(i LESS V_${kind})
      list(APPEND ${name} ${dir}/${name}_${i}.cpp)
      math(EXPR i "${i} + 1")
    endwhile()
  endforeach()
  add_custom_command(
    OUTPUT ${fast} ${slow} ${dir}/${V_PREFIX}.h
    COMMAND ${PERL} ${PROJECT_SOURCE_DIR}/cmake/verilate ${pack} -- ${VERILATOR} ${args} ${inputs}
    DEPENDS ${VMSO_RTL_FILES} ${V_SOURCES} ${VMSO_RTL}/vmso.vlt ${PROJECT_SOURCE_DIR}/cmake/verilate
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    COMMENT "Verilating ${V_TOP} (${V_TARGET})"
    VERBATIM)
  add_library(${V_TARGET} STATIC ${fast} ${slow} ${dir}/${V_PREFIX}.h)
  set_source_files_properties(${fast} PROPERTIES COMPILE_OPTIONS "${V_OPT}")
  if(slow)
    set_source_files_properties(${slow} PROPERTIES COMPILE_OPTIONS "-O0")
  endif()
  target_compile_options(${V_TARGET} PRIVATE -w)
  target_include_directories(${V_TARGET} SYSTEM PUBLIC ${dir})
  target_link_libraries(${V_TARGET} PUBLIC verilated_rt)
  if(V_TRACE)
    target_compile_definitions(${V_TARGET} PUBLIC VM_TRACE=1 VM_TRACE_FST=1)
    target_link_libraries(${V_TARGET} PUBLIC verilated_fst)
  endif()
endfunction()

function(vmso_model)
  cmake_parse_arguments(M "TRACE" "CONFIG;INDEX" "" ${ARGN})
  set(name vmso_${M_CONFIG})
  set(files FAST 7 SLOW 2 OPT ${VMSO_MODEL_OPT})
  if(M_TRACE)  # what writes the wave takes longer than the engine
    set(name ${name}_wave)
    set(files FAST 8 SLOW 4 OPT ${VMSO_MODEL_OPT} TRACE)
  endif()
  vmso_verilate(TARGET ${name}_verilated TOP vmso_sim PARAMS Config=${M_INDEX} PREFIX V${name}
                SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/vmso_sim.sv ${CMAKE_CURRENT_SOURCE_DIR}/vmso_sight.sv
                        ${files})
  add_library(${name} MODULE dut_model.cpp)
  foreach(target ${name} ${name}_verilated)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON
                                               CXX_VISIBILITY_PRESET hidden
                                               VISIBILITY_INLINES_HIDDEN ON)
  endforeach()
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${VMSO_MODELS})
  target_compile_definitions(${name} PRIVATE VMSO_MODEL=V${name} VMSO_MODEL_HEADER="V${name}.h"
                             VMSO_MODEL_DPI_HEADER="V${name}__Dpi.h"
                             VMSO_MODEL_WAVES=$<IF:$<BOOL:${M_TRACE}>,1,0>)
  target_compile_options(${name} PRIVATE -Wall -Wextra)
  target_link_libraries(${name} PRIVATE ${name}_verilated)
  if(VMSO_PROFILE STREQUAL generate)
    target_compile_options(${name}_verilated PRIVATE -fprofile-generate)
    target_link_options(${name} PRIVATE -fprofile-generate)
  elseif(VMSO_PROFILE STREQUAL use)
    target_compile_options(${name}_verilated PRIVATE -fprofile-use)
  endif()
endfunction()

function(vmso_unit_test)
  cmake_parse_arguments(U "" "ROOM" "SOURCES;MODELS" ${ARGN})
  add_executable(unit_${U_ROOM} ${U_SOURCES})
  target_link_libraries(unit_${U_ROOM} PRIVATE vmso_catch_main ${U_MODELS})
  target_compile_options(unit_${U_ROOM} PRIVATE -Wall -Wextra ${VMSO_COLD_OPT})
  add_test(NAME unit_${U_ROOM} COMMAND unit_${U_ROOM})
endfunction()
