#!/usr/bin/env bash
# Lets schemathesis try 2,000 examples against the API, with keys off and on, as its contract describes it. Needs
# Python with venv and pip, and a build in dist/. Usage: test/api/schemathesis.sh [examples in all]
set -euo pipefail
cd "$(dirname "$0")/../.."

examples=${1:-2000}
work=$(mktemp -d)
server=
cleanup() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

if [ -z "${SCHEMATHESIS:-}" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q schemathesis
  SCHEMATHESIS=$work/venv/bin/schemathesis
fi

operations=$(node -e 'import("./dist/client/contract.js").then(({OPERATIONS}) => console.log(Object.keys(OPERATIONS).length))')
each=$(((examples + operations - 1) / operations))

try() {
  local title=$1
  shift
  printf '\n== schemathesis, %s: %d examples for each of %d operations\n' "$title" "$each" "$operations"
  env MIYABI_BACKEND=memory PORT=0 LOG_LEVEL=silent RATE_LIMIT=0 API_KEYS="${keys:-}" node dist/entrypoints/server.js >"$work/server.log" 2>&1 &
  server=$!
  local url=
  for _ in $(seq 100); do
    url=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/server.log" | head -1 || true)
    [ -n "$url" ] && break
    sleep 0.1
  done
  # An open stream of events has no end, so it is asked for as a page.
  "$SCHEMATHESIS" run "$url/openapi.json" --phases examples,coverage,fuzzing --max-examples "$each" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --header 'Accept: application/json, text/html' --request-timeout 10 --seed 5 --generation-database none "$@"
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
}

keys= try 'keys off'
key=schemathesis-tries-this-key
hash=$(printf %s "$key" | sha256sum | cut -d' ' -f1)
keys="$hash:admin" try 'keys on' --header "Authorization: Bearer $key"
keys="$hash:read:one-project" try 'keys on, for reading one project' --header "Authorization: Bearer $key"
