#!/usr/bin/env bash
# Millijoule's server beside llama.cpp's on the same file, under the same load
# of `millijoule-bench load`: installs and builds what is missing, then prints
# a table. A second run downloads and builds nothing.
#
#   bench/peers/serve.sh                     1, 4, 16 and 64 requests at once
#   bench/peers/serve.sh --rounds 5 --json all.json
#   bench/peers/serve.sh --llama-bin DIR     a llama-server that is already built
#   bench/peers/serve.sh --help              every option
set -euo pipefail
source "$(dirname "$0")/../../deploy/setup.sh"
source "$(dirname "$0")/llama.sh"

peers=$MJ_CACHE/peers
llama_bin=
options=()
while (($#)); do
  case $1 in
    --llama-bin)
      (($# > 1)) || die "$1 needs a value; see $0 --help"
      llama_bin=$2
      shift
      ;;
    -h | --help) exec python3 "$MJ_ROOT/bench/peers/serve.py" --help ;;
    *) options+=("$1") ;;
  esac
  shift
done

cd "$MJ_ROOT"
ensure_packages g++ cmake ninja-build ca-certificates python3 python3-venv
MJ_CACHE=$peers ensure_venv
peers_python=$MJ_PYTHON
ensure_default_model
[ -n "$llama_bin" ] || build_llama native llama-server
if [ ! -x build/bin/millijoule ] || [ ! -x build/bin/millijoule-bench ]; then
  ensure_packages "${MJ_PACKAGES[@]}"
  build release -- millijoule millijoule-bench
fi

exec "$peers_python" bench/peers/serve.py --llama-bin "$llama_bin" \
  --model "$MILLIJOULE_MODEL_DIR/$MJ_DEFAULT_MODEL" "${options[@]}"
