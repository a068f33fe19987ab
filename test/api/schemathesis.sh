#!/usr/bin/env bash
# Lets schemathesis try the API as its contract describes it: without keys, and with a key of every scope. Where it may
# write everything it also follows links from one answer to the next request, which it infers from the contract.
# Needs a build in dist/, and schemathesis at SCHEMATHESIS, on the PATH, or installable by Python's venv and pip.
# Usage: test/api/schemathesis.sh [examples for each operation, by default 15; half of these for keys of other scopes than admin]
set -euo pipefail
cd "$(dirname "$0")/../.."

examples=${1:-15}
work=$(mktemp -d)
server=
stop() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true
  server=
}
trap 'stop; rm -rf "$work"' EXIT

SCHEMATHESIS=${SCHEMATHESIS:-$(command -v schemathesis || true)}
if [ -z "$SCHEMATHESIS" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q schemathesis
  SCHEMATHESIS=$work/venv/bin/schemathesis
fi

checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
linked=use_after_free,ensure_resource_availability

# title, entry of API_KEYS, phases, checks, and further options of schemathesis
try() {
  local title=$1 keys=$2 phases=$3 checks=$4 url=
  shift 4
  printf '\n== schemathesis, %s: up to %d examples for each operation\n' "$title" "$examples"
  env MIYABI_BACKEND=memory PORT=0 LOG_LEVEL=silent RATE_LIMIT=0 API_KEYS="$keys" \
    node dist/entrypoints/server.js >"$work/server.log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    url=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/server.log" | head -1 || true)
    [ -n "$url" ] && break
    sleep 0.1
  done
  [ -n "$url" ] || { cat "$work/server.log"; return 1; }
  # An open stream of events has no end, so it is asked for as a page.
  "$SCHEMATHESIS" run "$url/openapi.json" --phases "$phases" --max-examples "$examples" --checks "$checks" \
    --header 'Accept: application/json, text/html' --request-timeout 30 --seed 5 --generation-database none "$@"
  stop
}

key=schemathesis-tries-this-key
hash=$(printf %s "$key" | sha256sum | cut -d' ' -f1)
every_phase=examples,coverage,fuzzing,stateful

try 'keys off' '' "$every_phase" "$checks,$linked"
try 'a key of scope admin' "$hash:admin" "$every_phase" "$checks,$linked" --header "Authorization: Bearer $key"
# A key that may not do something is refused in the middle of a chain, which looks like a lost resource. What is malformed
# was tried above, and is refused the same way for every key: the phase `coverage` does little else, in twice the time.
# Half as many examples are enough to see every refusal.
examples=$(((examples + 1) / 2))
for scope in write read admin:one-project write:one-project read:one-project; do
  try "a key of scope $scope" "$hash:$scope" fuzzing "$checks" --header "Authorization: Bearer $key"
done
