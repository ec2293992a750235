# llama.cpp, from the source package of llama-cpp-python: sourced by run.sh and
# serve.sh after deploy/setup.sh. Needs $peers, a folder, and $peers_python.

LLAMA_CPP_PYTHON=0.3.36
LLAMA_CPP_PYTHON_SHA256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e

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

# build_llama ISA TARGET...: native or avx2. Sets llama_bin.
build_llama() {
  local isa=$1 flags
  shift
  local folder=$peers/llama-$isa log=$peers/llama-$isa.log
  llama_bin=$folder/bin
  local targets=$*
  local stamp=$folder/.complete-${targets// /-}
  [ -f "$stamp" ] && return 0
  case $isa in
    native) flags=(-DGGML_NATIVE=ON) ;;
    avx2)
      flags=(-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON
        -DGGML_AVX512=OFF)
      ;;
    *) die "--isa must be native or avx2; got: $isa" ;;
  esac
  fetch_llama
  say "building llama.cpp ($isa: $*) in $folder"
  cmake -S "$peers/llama_cpp_python-$LLAMA_CPP_PYTHON/vendor/llama.cpp" \
    -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
    -DLLAMA_BUILD_SERVER=ON -DLLAMA_BUILD_UI=OFF \
    -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF \
    "${flags[@]}" >"$log" 2>&1 ||
    { tail -20 "$log" >&2; die "cmake could not configure llama.cpp; all of its output is in $log"; }
  cmake --build "$folder" --target "$@" >>"$log" 2>&1 ||
    { tail -20 "$log" >&2; die "llama.cpp did not build; all of its output is in $log"; }
  touch "$stamp"
}
