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

LLAMA_CPP_PYTHON=0.3.36
LLAMA_CPP_PYTHON_SHA256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
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
  native) llama_flags=(-DGGML_NATIVE=ON) ;;
  avx2)
    llama_flags=(-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON
      -DGGML_F16C=ON -DGGML_AVX512=OFF)
    options+=(--isa avx2)
    ;;
  *) die "--isa must be native or avx2; got: $isa" ;;
esac

# The source package's folder, unpacked once.
fetch_llama() {
  local folder=$peers/llama_cpp_python-$LLAMA_CPP_PYTHON archive
  [ -f "$folder/.complete" ] && return 0
  archive=$folder.tar.gz
  mkdir -p "$peers"
  if [ ! -f "$archive" ]; then
    say "downloading llama-cpp-python $LLAMA_CPP_PYTHON"
    "$peers_python" -m pip download -q --disable-pip-version-check --no-deps \
      --no-binary :all: -d "$peers" "llama-cpp-python==$LLAMA_CPP_PYTHON" ||
      die "pip could not download llama-cpp-python==$LLAMA_CPP_PYTHON: is the package index reachable? Its source archive put at $archive does as well"
  fi
  echo "$LLAMA_CPP_PYTHON_SHA256  $archive" | sha256sum -c --quiet ||
    { rm -f "$archive"; die "$archive has another checksum than $LLAMA_CPP_PYTHON_SHA256: the download was damaged or the package changed; run again"; }
  tar -xzf "$archive" -C "$peers" || die "tar could not unpack $archive"
  touch "$folder/.complete"
}

build_llama() {
  llama_bin=$peers/llama-$isa/bin
  [ -f "$peers/llama-$isa/.complete" ] && return 0
  fetch_llama
  say "building llama.cpp ($isa) in $peers/llama-$isa"
  local log=$peers/llama-$isa.log
  cmake -S "$peers/llama_cpp_python-$LLAMA_CPP_PYTHON/vendor/llama.cpp" \
    -B "$peers/llama-$isa" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
    -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_OPENSSL=OFF \
    "${llama_flags[@]}" >"$log" 2>&1 ||
    { tail -20 "$log" >&2; die "cmake could not configure llama.cpp; all of its output is in $log"; }
  cmake --build "$peers/llama-$isa" --target llama-bench llama-batched-bench \
    llama-quantize >>"$log" 2>&1 ||
    { tail -20 "$log" >&2; die "llama.cpp did not build; all of its output is in $log"; }
  touch "$peers/llama-$isa/.complete"
}

cd "$MJ_ROOT"
ensure_packages g++ cmake ninja-build ca-certificates python3 python3-venv
peer_packages=()
[ -z "$with_openvino" ] || peer_packages=("openvino-genai==$OPENVINO_GENAI")
MJ_CACHE=$peers ensure_venv "${peer_packages[@]}"
peers_python=$MJ_PYTHON
ensure_default_model
ensure_second_model
[ -n "$llama_bin" ] || build_llama
if [ ! -x build/bin/millijoule-bench ]; then
  ensure_packages "${MJ_PACKAGES[@]}"
  build release -- millijoule-bench
fi

exec "$peers_python" bench/peers/compare.py --llama-bin "$llama_bin" \
  --work-dir "$peers" \
  --model "$MILLIJOULE_MODEL_DIR/$MJ_DEFAULT_MODEL" \
  --model "$MILLIJOULE_MODEL_DIR/$MJ_SECOND_MODEL" "${options[@]}"
