#!/usr/bin/env bash
# Builds the fuzz targets with clang's libFuzzer and runs each for a while:
#   tests/fuzz/run.sh [SECONDS]    20 by default
# A crash leaves its input in build-fuzz/ and ends the run.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-20}

CC=clang CXX=clang++ cmake -S . -B build-fuzz -G Ninja \
  -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMILLIJOULE_FUZZ=ON \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" \
  -DMILLIJOULE_SANITIZE=address,undefined >build-fuzz.log 2>&1 ||
  { cat build-fuzz.log >&2; exit 1; }
rm -f build-fuzz.log
cmake --build build-fuzz --target fuzzers

for source in tests/fuzz/*_fuzz.cc; do
  name=$(basename "$source" .cc)
  mkdir -p "build-fuzz/corpus/$name"
  seeds=tests/fuzz/seeds/$name
  log=build-fuzz/$name.log
  build-fuzz/bin/"$name" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix=build-fuzz/ "build-fuzz/corpus/$name" \
    $([ -d "$seeds" ] && echo "$seeds") >"$log" 2>&1 ||
    { tail -n 60 "$log" >&2; exit 1; }
  echo "$name: $seconds s, $(grep -o 'executed_units: .*' "$log")"
done
