#!/usr/bin/env bash
# From a clone to a served model: installs what is missing, builds, gets the
# default model, starts the server, asks it one thing and prints the reply
# with its joules.
#
#   deploy/quickstart.sh          and keeps serving until Ctrl-C
#   deploy/quickstart.sh --once   and stops
set -euo pipefail
source "$(dirname "$0")/setup.sh"

once=
case ${1:-} in
  --once) once=1 ;;
  "") ;;
  *) die "usage: deploy/quickstart.sh [--once]; got: $*" ;;
esac

cd "$MJ_ROOT"
ensure_packages "${MJ_PACKAGES[@]}"
ensure_default_model
build release -- millijoule millijoule-actuator millijoule-bench

http=${MILLIJOULE_HTTP:-127.0.0.1:8080}
grpc=${MILLIJOULE_GRPC:-127.0.0.1:50051}
say "starting the server on http://$http"
build/bin/millijoule serve --model "$MILLIJOULE_MODEL_DIR/$MJ_DEFAULT_MODEL" \
  --http "$http" --grpc "$grpc" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null' EXIT

ready=
for _ in $(seq 200); do
  kill -0 "$server" 2>/dev/null ||
    die "the server ended at once (its message is above; is $http or $grpc in use? MILLIJOULE_HTTP and MILLIJOULE_GRPC choose others)"
  python3 - "$http" <<'PY' 2>/dev/null && ready=1 && break
import sys, urllib.request
urllib.request.urlopen(f"http://{sys.argv[1]}/ready", timeout=1)
PY
  sleep 0.05
done
[ -n "$ready" ] || die "the server was not ready within 10 s"

say "asking: What is the capital of France?"
python3 - "$http" <<'PY' || die "the server did not answer as expected"
import json, sys, urllib.request
body = {
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "max_tokens": 48, "temperature": 0,
}
request = urllib.request.Request(
    f"http://{sys.argv[1]}/v1/chat/completions", json.dumps(body).encode(),
    {"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=120) as response:
    reply = json.load(response)
usage = reply["usage"]
energy = usage["energy"]
joules = energy["joules"]
amount = f"{joules * 1e3:.3g} mJ" if joules < 1 else f"{joules:.3g} J"
print(reply["choices"][0]["message"]["content"].strip())
print(f"[{usage['completion_tokens']} tokens, {amount} "
      f"({energy['method']}, {energy['domain']})]")
PY

if [ -n "$once" ]; then
  kill "$server"
  wait "$server"
  trap - EXIT
  exit 0
fi
say "serving on http://$http and gRPC $grpc; Ctrl-C stops it"
trap 'kill "$server" 2>/dev/null' INT TERM
wait "$server" || true
trap - EXIT
