#!/usr/bin/env bash
# Holds the service against openapi.yaml: the document is valid, and whatever schemathesis sends, the answer is one that
# the document describes and never a 5xx. As root the service runs in a network namespace of its own, so that no name
# that is made up meets an interface.
#
# SWALE: the executable, .build/release/swale if not set. SECONDS_EACH: for each of the two runs, 12 if not set.
set -euo pipefail
cd "$(dirname "$0")/.."

swale=${SWALE:-.build/release/swale}
seconds=${SECONDS_EACH:-12}
venv=build/contract
port=18399
base=http://127.0.0.1:$port

if [ "${1:-}" != inside ]; then
    [ -x "$swale" ] || { echo "swale: $swale is not built; run: make build" >&2 && exit 2; }
    if ! "$venv/bin/python" -c 'import schemathesis, openapi_spec_validator' 2>/dev/null; then
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 openapi-spec-validator==0.9.0
    fi
    "$venv/bin/openapi-spec-validator" openapi.yaml
    make --no-print-directory examples
    if [ "$(id -u)" = 0 ]; then exec unshare --net "$0" inside; else exec "$0" inside; fi
fi

work=$(mktemp -d)
service=""
cleanup() {
    trap - EXIT INT TERM HUP
    [ -z "$service" ] || { kill "$service" 2>/dev/null && wait "$service" 2>/dev/null; } || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

[ "$(id -u)" != 0 ] || ip link set lo up
"$swale" serve --listen "127.0.0.1:$port" --log-level warning >"$work/service.log" 2>&1 &
service=$!
for _ in $(seq 100); do
    curl --silent --fail --output /dev/null "$base/readyz" && break
    sleep 0.1
done

put() { # put TARGET CONTENT-TYPE BODY
    curl --silent --show-error --fail-with-body --output /dev/null -X PUT -H "Content-Type: $2" --data-binary "$3" \
        "$base$1"
}

# What the second run finds at the names that it keeps to.
seed() {
    put /v1/programs/bridge application/octet-stream @build/examples/learning_bridge.o
    put /v1/switches/br0 application/json '{}'
    put /v1/switches/br0/ports/p0 application/json '{"backend": "memory"}'
    put /v1/switches/br0/ports/p1 application/json '{"backend": "memory"}'
    put /v1/switches/br0/program application/json '{"program": "bridge"}'
    put /v1/captures/c0 application/json '{"switch": "br0"}'
    put /v1/maps/bridge.fdb/entries/0x020000000001 application/json '{"value": {"last_seen_ns": "1", "port": 1}}'
}

failed=0
# run NAME OPTION...: streams that are followed (events, packets, records) never end by themselves, and are left to the
# unit tests.
run() {
    printf '\n-- %s\n' "$1"
    "$venv/bin/schemathesis" --config-file "$work/$1.toml" run openapi.yaml --url "$base" --exclude-path /v1/events \
        --exclude-path '/v1/captures/{capture}/pcapng' --exclude-path '/v1/maps/{map}/records' \
        --max-time "$seconds" --max-examples 40 --no-shrink --generation-deterministic \
        --warnings off --no-color "${@:2}" || failed=1
    kill -0 "$service" 2>/dev/null || { echo "the service is gone:" && tail -n 40 "$work/service.log" && exit 1; }
}

cp scripts/schemathesis.toml "$work/any-names.toml"
run any-names

seed
{
    cat scripts/schemathesis.toml
    echo '[parameters]'
    echo '"path.program" = "bridge"'
    echo '"path.map" = "bridge.fdb"'
    echo '"path.switch" = "br0"'
    echo '"path.port" = "p0"'
    echo '"path.capture" = "c0"'
    echo '"path.key" = "0x020000000001"'
} >"$work/known-names.toml"
run known-names --exclude-operation-id deleteSwitch --exclude-operation-id deleteSwitchProgram \
    --exclude-operation-id deletePort
exit $failed
