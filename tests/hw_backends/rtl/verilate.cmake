# The RTL as C++ models that tests clock themselves.
find_package(verilator QUIET HINTS $ENV{VERILATOR_ROOT} /usr/share/verilator)
pkg_check_modules(SYSTEMC QUIET IMPORTED_TARGET systemc)
if(MILLIJOULE_SANITIZE)
  message(STATUS "RTL tests: left out of sanitized builds")
  return()
endif()
if(NOT verilator_FOUND)
  message(STATUS "RTL tests: skipped, Verilator not found (Debian: verilator)")
  return()
endif()

add_library(rtl_models STATIC)
# Many small files with the same headers.
set_target_properties(rtl_models PROPERTIES UNITY_BUILD ON
                                            UNITY_BUILD_BATCH_SIZE 0)
# Generated code: without our warnings.
target_compile_options(rtl_models PRIVATE -w)

set(not_fatal -Wno-fatal)
if(MILLIJOULE_WERROR)
  set(not_fatal)
endif()

# mj_verilate(NAME MODULE PARAMETER=VALUE...): class NAME, of "NAME.h".
function(mj_verilate name module)
  list(TRANSFORM ARGN PREPEND -G OUTPUT_VARIABLE parameters)
  set(rtl ${CMAKE_SOURCE_DIR}/hw_backends/rtl)
  verilate(
    rtl_models PREFIX ${name} TOP_MODULE ${module}
    SOURCES ${rtl}/fixed_point.sv ${rtl}/${module}.sv
    # Blocking assignments in order are the style; loops that stay loops build
    # in seconds.
    VERILATOR_ARGS -Wall ${not_fatal} -Wno-BLKSEQ --unroll-count 1
                   ${parameters})
endfunction()

mj_verilate(WsArray8x8 ws_array R=8 C=8)
mj_verilate(WsArray16x16 ws_array R=16 C=16)
mj_verilate(WsArray4x12 ws_array R=4 C=12)
mj_verilate(WsArrayPreload8x8 ws_array R=8 C=8 PRELOAD=1)
mj_verilate(WsArrayPreload16x16 ws_array R=16 C=16 PRELOAD=1)
mj_verilate(WsArrayPreload4x12 ws_array R=4 C=12 PRELOAD=1)
mj_verilate(GemvLane8x4 gemv_lane PK=8 PN=4)
mj_verilate(GemvLane32x3 gemv_lane PK=32 PN=3)
mj_verilate(GemvSoftmax16 gemv_softmax P=16)
mj_verilate(GemvSoftmax4 gemv_softmax P=4)
mj_verilate(BitserialCim64x8 bitserial_cim R=64 CW=8 BW=8 S=1)
mj_verilate(BitserialCim24x3 bitserial_cim R=24 CW=3 BW=4 S=3)
get_target_property(verilated_headers rtl_models INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(rtl_models SYSTEM INTERFACE ${verilated_headers})

mj_tests(hw_backends/rtl DEPENDS rtl_models mj_hw_backends)

if(NOT SYSTEMC_FOUND)
  message(STATUS
    "SystemC tests: skipped, SystemC not found (Debian: libsystemc-dev)")
  return()
endif()
mj_tests(hw_backends/rtl/systemc
         DEPENDS PkgConfig::SYSTEMC rtl_models mj_hw_backends)
