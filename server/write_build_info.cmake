# Writes OUT, a header that names this build, and touches it only when it
# changes. Run at every build: cmake -DOUT=... -P write_build_info.cmake
execute_process(
  COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
  OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
  RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT [[
// Generated: what this binary was built from.
#define MJ_VERSION "@VERSION@"
#define MJ_COMMIT "@commit@"
#define MJ_BUILD_TYPE "@BUILD_TYPE@"
#define MJ_COMPILER "@COMPILER@"
]] @ONLY)
