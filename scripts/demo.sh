#!/usr/bin/env bash
# `make run`: three hosts in network namespaces talk through a switch whose brain is examples/learning_bridge.c.
# Keeps serving until Ctrl-C, and leaves nothing behind. --once ends after the tour; --port N serves elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/network.sh

port=8080 once=
while [ $# -gt 0 ]; do
    case $1 in
    --once) once=1 ;;
    --port) port=${2:?--port needs a number} && shift ;;
    *) die "usage: demo.sh [--once] [--port N]" ;;
    esac
    shift
done

need_root "the demonstration"
base=http://127.0.0.1:$port
hosts="1 2 3"
object=build/examples/learning_bridge.o
service=

cleanup() {
    trap - EXIT INT TERM HUP
    set +e
    [ -z "$service" ] || stop "$service"
    for h in $hosts; do remove_host "swale-demo-$h" "swale-demo$h"; done
}

heading() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# Prints a curl command as a person would type it, then runs it.
call() {
    local words="" word
    for word in curl "$@"; do
        [[ $word == *[\ \"{]* ]] && words+=" '$word'" || words+=" $word"
    done
    printf '$%s\n' "$words" >&2
    curl --silent --show-error --fail-with-body "$@"
}

scripts/install.sh run
for h in $hosts; do
    ! ip link show "swale-demo$h" >/dev/null 2>&1 && [ ! -e "/run/netns/swale-demo-$h" ] ||
        die "another demonstration is running, or was killed: then ip link del swale-demo$h; ip netns del swale-demo-$h"
done
[ -z "$(ss -Hltn "sport = $port")" ] || die "port $port is taken; choose another: make run ARGS='--port 8081'"

heading "Build"
make --no-print-directory build

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

heading "Three hosts, each on a veth pair"
for h in $hosts; do
    add_host "swale-demo-$h" "swale-demo$h" "02:00:00:00:00:0$h" "10.77.0.$h/24"
    echo "host $h: namespace swale-demo-$h, 10.77.0.$h, 02:00:00:00:00:0$h; the switch's end is swale-demo$h"
done

heading "The service"
echo "\$ .build/release/swale serve --listen 127.0.0.1:$port"
.build/release/swale serve --listen "127.0.0.1:$port" --log-level warning &
service=$!
wait_until 10 curl --silent --fail "$base/healthz" || die "the service does not answer on $base"

heading "A switch with three ports, and a program uploaded with curl to be its brain"
call -X PUT "$base/v1/switches/demo" >/dev/null
for h in $hosts; do
    call -X PUT --json "{\"number\": $h}" "$base/v1/switches/demo/ports/swale-demo$h" >/dev/null
done
call -X PUT -H 'Content-Type: application/octet-stream' --data-binary @$object "$base/v1/programs/bridge" >/dev/null
call -X PUT --json '{"program": "bridge"}' "$base/v1/switches/demo/program" >/dev/null

heading "Ping, between all hosts"
for from in $hosts; do
    for to in $hosts; do
        [ "$from" != "$to" ] || continue
        result=$(ip netns exec "swale-demo-$from" ping -q -c 4 -i 0.2 -W 2 "10.77.0.$to") || die "host $from cannot reach host $to"
        echo "host $from -> host $to: $(sed -n 's/.*\([0-9] received\).*/\1/p; s/^rtt.*= [^/]*\/\([^/]*\).*/ average \1 ms/p' <<<"$result" | paste -sd ,)"
    done
done

heading "TCP, host 1 to host 2, with the hosts' default offloads on"
echo "$(gigabits swale-demo-1 swale-demo-2 10.77.0.2 3) Gbit/s"

heading "What the bridge has learned, read from its map with curl"
call "$base/v1/maps/bridge.fdb/entries" | jq -c '.items[] | {key, value}'

heading "The switch's page: $base/"
[ -z "$once" ] || exit 0
echo "Edit examples/learning_bridge.c, run make examples, and upload it again with the curl command above."
echo "One that the verifier refuses: curl -X PUT -H 'Content-Type: application/octet-stream' --data-binary @build/examples/refused.o $base/v1/programs/refused"
echo "What is wrong with it, for people: .build/release/swale verify build/examples/refused.o"
echo "Ctrl-C ends the demonstration."
wait "$service" || die "the service ended"
