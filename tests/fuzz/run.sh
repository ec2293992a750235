#!/usr/bin/env bash
# Runs each fuzz target (clang's libFuzzer, built by the preset asan):
#   tests/fuzz/run.sh [SECONDS]    20 by default
# A crash leaves its input in build-asan/ and ends the run.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-20}

for source in tests/fuzz/*_fuzz.cc; do
  name=$(basename "$source" .cc)
  mkdir -p "build-asan/corpus/$name"
  seeds=tests/fuzz/seeds/$name
  log=build-asan/$name.log
  build-asan/bin/"$name" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix=build-asan/ "build-asan/corpus/$name" \
    $([ -d "$seeds" ] && echo "$seeds") >"$log" 2>&1 ||
    { tail -n 60 "$log" >&2; exit 1; }
  echo "$name: $seconds s, $(grep -o 'executed_units: .*' "$log")"
done
