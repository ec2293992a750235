#!/usr/bin/env bash
# Millijoule beside its peers on the same files: installs and builds what is
# missing, then prints a table. A second run downloads and builds nothing.
#
#   bench/peers/run.sh                       both models, all cases, 5 rounds
#   bench/peers/run.sh --numerics bf16 int8 --rounds 3 --json all.json
#   bench/peers/run.sh --isa avx2            both sides limited to AVX2
#   bench/peers/run.sh --llama-bin DIR       a llama.cpp that is already built
#   bench/peers/run.sh --help                every option
set -euo pipefail
source "$(dirname "$0")/../../deploy/setup.sh"
source "$(dirname "$0")/llama.sh"

OPENVINO_GENAI=2026.4.1.0

peers=$MJ_CACHE/peers
llama_bin=
isa=native
with_openvino=1
options=()
while (($#)); do
  case $1 in
    --llama-bin | --isa)
      (($# > 1)) || die "$1 needs a value; see $0 --help"
      [ "$1" = --isa ] && isa=$2 || llama_bin=$2
      shift
      ;;
    --no-openvino) with_openvino= && options+=("$1") ;;
    -h | --help) exec python3 "$MJ_ROOT/bench/peers/compare.py" --help ;;
    *) options+=("$1") ;;
  esac
  shift
done

case $isa in
  native) ;;
  avx2) options+=(--isa avx2) ;;
  *) die "--isa must be native or avx2; got: $isa" ;;
esac

cd "$MJ_ROOT"
ensure_packages g++ cmake ninja-build ca-certificates python3 python3-venv
peer_packages=()
[ -z "$with_openvino" ] || peer_packages=("openvino-genai==$OPENVINO_GENAI")
MJ_CACHE=$peers ensure_venv "${peer_packages[@]}"
peers_python=$MJ_PYTHON
ensure_default_model
ensure_second_model
[ -n "$llama_bin" ] ||
  build_llama "$isa" llama-bench llama-batched-bench llama-quantize
if [ ! -x build/bin/millijoule-bench ]; then
  ensure_packages "${MJ_PACKAGES[@]}"
  build release -- millijoule-bench
fi

exec "$peers_python" bench/peers/compare.py --llama-bin "$llama_bin" \
  --work-dir "$peers" \
  --model "$MILLIJOULE_MODEL_DIR/$MJ_DEFAULT_MODEL" \
  --model "$MILLIJOULE_MODEL_DIR/$MJ_SECOND_MODEL" "${options[@]}"
