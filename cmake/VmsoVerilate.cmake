# SPDX-License-Identifier: Apache-2.0
# Verilated models as static libraries.
#
#   vmso_verilate(TARGET name TOP module [SOURCES file.sv ...] [PARAMS "Config=1" ...] [PREFIX Vx]
#                 [TRACE] [NETLIST])
#
# makes the library `name` from `TOP`, found in SOURCES or by its file name in the rooms under rtl/.
# Header: "<PREFIX>.h" (default V<module>). Assertions of both tiers are on; start values are random.
# NETLIST: SOURCES are the whole design, written by a tool; its style is not checked.
#
# VMSO_COVERAGE (preset `coverage`) counts lines and drops the traces; a run then leaves its counts in
# the directory $VMSO_COVERAGE_DIR (sim/model/coverage.hpp).
#
#   vmso_unit_test(ROOM room SOURCES a.cpp ... MODELS name ...)
#
# makes the Catch2 binary unit_<room> and registers it with ctest.

find_program(VERILATOR verilator REQUIRED)
get_filename_component(VERILATOR_BIN_DIR ${VERILATOR} DIRECTORY)
set(VERILATOR_INCLUDE /usr/share/verilator/include CACHE PATH "headers of the Verilator run time")

set(VMSO_ROOMS common axi csr ring job run xlat seg read out cpl)
set(VMSO_RTL ${PROJECT_SOURCE_DIR}/rtl)
set(VMSO_PACKAGES
    ${VMSO_RTL}/vmso_config_pkg.sv ${VMSO_RTL}/vmso_rec_pkg.sv ${VMSO_RTL}/vmso_pkg.sv
    ${VMSO_RTL}/common/vmso_math_pkg.sv)
file(GLOB VMSO_ROOM_PACKAGES CONFIGURE_DEPENDS ${VMSO_RTL}/*/vmso_*_pkg.sv)
list(APPEND VMSO_PACKAGES ${VMSO_ROOM_PACKAGES})
list(REMOVE_DUPLICATES VMSO_PACKAGES)
file(GLOB_RECURSE VMSO_RTL_FILES CONFIGURE_DEPENDS ${VMSO_RTL}/*.sv ${VMSO_RTL}/*.svh)

set(VMSO_VERILATOR_FLAGS "" CACHE STRING "more options for Verilator, such as -Wno-fatal")
set(VMSO_MODEL_OPT -O2 CACHE STRING "optimization of the models' C++")
option(VMSO_COVERAGE "count covered RTL lines, without traces" OFF)

find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
add_library(verilated_rt STATIC
            ${VERILATOR_INCLUDE}/verilated.cpp ${VERILATOR_INCLUDE}/verilated_fst_c.cpp
            ${VERILATOR_INCLUDE}/verilated_threads.cpp)
target_include_directories(verilated_rt SYSTEM PUBLIC ${VERILATOR_INCLUDE}
                           ${VERILATOR_INCLUDE}/vltstd)
target_include_directories(verilated_rt PUBLIC ${PROJECT_SOURCE_DIR}/sim)  # model/coverage.hpp
if(VMSO_COVERAGE)
  target_sources(verilated_rt PRIVATE ${VERILATOR_INCLUDE}/verilated_cov.cpp)
endif()
target_compile_definitions(verilated_rt PUBLIC VM_COVERAGE=$<BOOL:${VMSO_COVERAGE}> VM_SC=0
                           VM_TRACE=1 VM_TRACE_FST=1 VL_TIME_CONTEXT)
target_link_libraries(verilated_rt PUBLIC Threads::Threads ZLIB::ZLIB)

function(vmso_verilate)
  cmake_parse_arguments(V "TRACE;NETLIST" "TARGET;TOP;PREFIX" "SOURCES;PARAMS" ${ARGN})
  if(NOT V_PREFIX)
    set(V_PREFIX V${V_TOP})
  endif()
  if(NOT V_SOURCES)
    file(GLOB_RECURSE V_SOURCES ${VMSO_RTL}/${V_TOP}.sv)
  endif()
  list(REMOVE_ITEM V_SOURCES ${VMSO_PACKAGES})  # they come first anyway
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/${V_TARGET}.verilated)
  set(lib ${dir}/${V_PREFIX}__ALL.a)
  set(args --cc --top-module ${V_TOP} --prefix ${V_PREFIX} --Mdir ${dir}
      --x-assign unique --x-initial unique -O3 --output-split 20000 --output-split-cfuncs 5000
      -CFLAGS "-std=c++20 -DVL_TIME_CONTEXT")
  separate_arguments(more NATIVE_COMMAND "${VMSO_VERILATOR_FLAGS}")
  list(APPEND args ${more})
  if(VMSO_COVERAGE)
    # A split block would count `if (x < n) n = x;` with the n that the block ends with. Unsplit,
    # signals of one block that have nothing to do with each other look like a loop.
    list(APPEND args --coverage-line -fno-split -Wno-UNOPTFLAT)
  elseif(V_TRACE)
    list(APPEND args --trace-fst --trace-structs)
  endif()
  if(V_NETLIST)
    set(inputs ${V_SOURCES})
    list(APPEND args -Wno-lint -Wno-fatal)
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
  add_custom_command(
    OUTPUT ${lib} ${dir}/${V_PREFIX}.h
    COMMAND ${VERILATOR} ${args} ${inputs}
    COMMAND make -s -C ${dir} -f ${V_PREFIX}.mk -j2 OPT_FAST=${VMSO_MODEL_OPT} OPT_SLOW=-O0
            OBJCACHE=${CCACHE} ${V_PREFIX}__ALL.a
    DEPENDS ${VMSO_RTL_FILES} ${V_SOURCES} ${VMSO_RTL}/vmso.vlt
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    COMMENT "Verilating ${V_TOP} (${V_TARGET})"
    VERBATIM)
  add_custom_target(${V_TARGET}_verilate DEPENDS ${lib} ${dir}/${V_PREFIX}.h)
  add_library(${V_TARGET} INTERFACE)
  add_dependencies(${V_TARGET} ${V_TARGET}_verilate)
  target_include_directories(${V_TARGET} SYSTEM INTERFACE ${dir})
  target_link_libraries(${V_TARGET} INTERFACE ${lib} verilated_rt)
endfunction()

function(vmso_unit_test)
  cmake_parse_arguments(U "" "ROOM" "SOURCES;MODELS" ${ARGN})
  add_executable(unit_${U_ROOM} ${U_SOURCES})
  target_link_libraries(unit_${U_ROOM} PRIVATE vmso_catch_main ${U_MODELS})
  target_compile_options(unit_${U_ROOM} PRIVATE -Wall -Wextra)
  add_test(NAME unit_${U_ROOM} COMMAND unit_${U_ROOM})
endfunction()
