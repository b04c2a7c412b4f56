#!/usr/bin/env bash
# Real namespaces, real traffic, curl and a browser against the installed service, which runs as nobody with the
# capabilities of deploy/swale.service and no others. Needs root, for the namespaces.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/network.sh
need_root "the end-to-end test"

id=swale-e2e-$$
hosts="1 2 3"
base=http://127.0.0.1:8080
work=$(mktemp -d /tmp/$id.XXXXXX)
chmod 755 "$work"
service="" passed=0 failed=0

cleanup() {
    trap - EXIT INT TERM HUP
    set +e
    [ -z "$service" ] || stop "$service"
    for h in $hosts; do remove_host "$id-$h" "port$h" "$id"; done
    ip netns del "$id" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# In the background, `ip netns exec` stands by itself: $! of a function is a subshell.
on_switch() { ip netns exec "$id" "$@"; }
on() { ip netns exec "$id-$1" "${@:2}"; }
api() { on_switch curl --silent --show-error --fail-with-body --max-time 10 -X "$1" "${@:3}" "$base$2"; }
get() { api GET "$1"; }

# check NAME FUNCTION: a check passes when its function does. `set -e` holds within it.
check() {
    local start=$SECONDS
    set +e
    (set -e && "$2") >"$work/log" 2>&1
    local status=$?
    set -e
    if [ $status = 0 ]; then
        ((++passed))
        printf 'ok      %s (%d s)\n' "$1" $((SECONDS - start))
    else
        ((++failed))
        printf 'FAILED  %s\n' "$1"
        sed 's/^/        /' "$work/log"
    fi
    kill -0 "$service" 2>/dev/null || die "the service is gone: $(tail -n 20 "$work/service.log")"
}

expect() { # expect WHAT ACTUAL WANTED
    [ "$2" = "$3" ] || { echo "$1: got '$2', expected '$3'" && return 1; }
}

start_service() {
    make --no-print-directory install DESTDIR="$work/root" PREFIX=/usr >/dev/null
    mkdir "$work/run" && chown nobody "$work/run"
    ip netns exec "$id" setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs \
        --bounding-set=-all,+net_raw,+net_admin --inh-caps=-all,+net_raw,+net_admin --ambient-caps=-all,+net_raw,+net_admin \
        "$work/root/usr/bin/swale" serve --listen 127.0.0.1:8080 --socket "$work/run/swale.sock" >"$work/service.log" 2>&1 &
    service=$!
    wait_until 10 get /readyz || die "the service does not start: $(cat "$work/service.log")"
}

make_network() {
    ip netns add "$id"
    ip -n "$id" link set lo up
    for h in $hosts; do
        add_host "$id-$h" "port$h" "02:00:00:00:00:0$h" "10.77.0.$h/24" "$id"
        on "$h" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    done
}

upload() {
    api PUT /v1/programs/bridge -H 'Content-Type: application/octet-stream' --data-binary @build/examples/learning_bridge.o >/dev/null
}

make_switch() {
    api PUT /v1/switches/lab >/dev/null
    for h in $hosts; do api PUT "/v1/switches/lab/ports/port$h" --json "{\"number\": $h}" >/dev/null; done
    upload
    api PUT /v1/switches/lab/program --json '{"program": "bridge"}' >/dev/null
}

pings() {
    for from in $hosts; do
        for to in $hosts; do
            [ "$from" = "$to" ] || on "$from" ping -q -c 3 -i 0.05 -W 2 "10.77.0.$to"
        done
    done
}

# Bytes cross intact in both directions between hosts 1 and 2.
transfer() {
    ip netns exec "$id-1" python3 -m http.server --directory "$work/files" --bind 10.77.0.1 8000 >/dev/null 2>&1 &
    local server=$!
    wait_until 5 on 2 curl -s --head http://10.77.0.1:8000/random
    on 2 curl -sS --max-time 60 http://10.77.0.1:8000/random | cmp - "$work/files/random"
    kill "$server"
    wait "$server" || true
    gigabits "$id-2" "$id-1" 10.77.0.1 2
}

tcp_without_offloads() {
    for h in 1 2; do
        on "$h" ethtool -K eth0 tso off gso off tx off >/dev/null
        on_switch ethtool -K "port$h" tso off gso off >/dev/null
    done
    transfer
}

tcp_to_egress_without_offloads() {
    on 1 ethtool -K eth0 tso on gso on tx on >/dev/null
    on 2 ethtool -K eth0 tso on gso on tx on >/dev/null
    transfer
}

# A frame arrives at host 2 byte for byte; its destination is unknown, so it is flooded.
frame_arrives() {
    local frame=$1
    ip netns exec "$id-2" timeout 10 tcpdump -p -i eth0 -c 1 -U -w "$work/frame.pcap" ether src 02:00:00:00:00:77 2>"$work/tcpdump" &
    local capture=$!
    wait_until 5 grep -q listening "$work/tcpdump"
    on 1 python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
s.send(bytes.fromhex(sys.argv[1]))' "$frame"
    wait "$capture"
    expect "frame" "$(python3 -c 'import sys; print(open(sys.argv[1], "rb").read()[40:].hex())' "$work/frame.pcap")" "$frame"
}

head=02000000aaaa020000000077 payload=$(printf '%02x' $(seq 0 99))
untagged() { frame_arrives "${head}88b5$payload"; }
tagged() { frame_arrives "${head}8100606488b5$payload"; }
double_tagged() { frame_arrives "${head}88a860c88100606488b5$payload"; }

mac_table() {
    local table
    table=$(get /v1/switches/lab/fdb | jq -r '.items[] | "\(.mac) \(.port)"' | grep '02:00:00:00:00:0' | sort)
    expect "MAC table" "$table" "$(for h in $hosts; do echo "02:00:00:00:00:0$h $h"; done)"
    expect "fill of the map" "$(get /v1/maps/bridge.fdb | jq '.status.entries > 2')" true
    expect "the map's entries" "$(get /v1/maps/bridge.fdb/entries | jq '.items | length > 2')" true
}

counter() { on "$1" cat "/sys/class/net/eth0/statistics/$2"; }
sum() { local total=0 h; for h in $hosts; do total=$((total + $(counter "$h" "$1"))); done; echo $total; }

# What the hosts sent is what the switch received, and what it transmitted is what they received.
ledger_agrees() {
    local ledger
    ledger=$(get /v1/switches/lab/stats | jq -c .ledger)
    echo "$ledger; hosts sent $(sum tx_packets) and received $(sum rx_packets), before the switch $1 and $2"
    [ "$(jq -r .balanced <<<"$ledger")" = true ]
    [ "$(jq -r .received <<<"$ledger")" = $(($(sum tx_packets) - $1)) ]
    [ "$(jq -r .transmitted <<<"$ledger")" = $(($(sum rx_packets) - $2)) ]
}
ledger() { wait_until 5 ledger_agrees 0 0 || ledger_agrees 0 0; }

drops() { get /v1/drops | jq '[.switches[].ledger.dropped | tonumber] | add'; }
socket_drops() { on 2 nstat -asz UdpRcvbufErrors | awk '/Udp/ { print $2 }'; }

# No datagram is lost that the ledger, or host 2's own socket, does not name.
replace_under_traffic() {
    local before lost named
    before=$(($(drops) + $(socket_drops)))
    ip netns exec "$id-2" iperf3 --server --one-off >/dev/null &
    local server=$!
    wait_until 5 sh -c "ip netns exec $id-2 ss -Hltn sport = 5201 | grep -q ."
    ip netns exec "$id-1" iperf3 --client 10.77.0.2 --udp --bitrate 100M --length 1400 --time 4 --json >"$work/udp.json" &
    local client=$!
    for _ in $(seq 20); do sleep 0.15 && upload; done
    wait "$client" "$server"
    lost=$(jq '.end.sum.lost_packets' "$work/udp.json")
    named=$(($(drops) + $(socket_drops) - before))
    echo "20 replacements; $(jq .end.sum.packets "$work/udp.json") datagrams, $lost lost, $named drops named"
    [ "$(jq '.end.sum.packets' "$work/udp.json")" -gt 10000 ]
    [ "$lost" -le "$named" ]
    mac_table
    ledger
}

# What the verifier refuses is not loaded; the answer says which C line is wrong, and so does the command line.
refused_upload() {
    local answer status=0
    answer=$(on_switch curl --silent --show-error --max-time 10 -X PUT -w '\n%{http_code} %{content_type}' \
        -H 'Content-Type: application/octet-stream' --data-binary @build/examples/refused.o "$base/v1/programs/refused")
    echo "$answer"
    expect "status" "$(tail -n 1 <<<"$answer")" "422 application/problem+json"
    answer=$(head -n 1 <<<"$answer")
    expect "category" "$(jq -r .rejection.category <<<"$answer")" out-of-bounds
    jq -r .rejection.source.text <<<"$answer" | grep -F 'ip->ttl'
    expect "the line" "$(jq -r .rejection.source.line <<<"$answer")" "$(grep -n 'ip->ttl' examples/refused.c | cut -d: -f1)"
    expect "programs" "$(get /v1/programs | jq -r '[.items[].name] | join(" ")')" bridge
    "$work/root/usr/bin/swale" verify build/examples/refused.o >"$work/verify" || status=$?
    cat "$work/verify"
    expect "status of swale verify" $status 1
    grep -q '^refused  *vale  *rejected: out-of-bounds' "$work/verify"
    grep -q 'refused.c:[0-9]*:[0-9]*: error: out-of-bounds: ' "$work/verify"
    "$work/root/usr/bin/swale" verify build/examples/learning_bridge.o
    on 1 ping -q -c 3 -i 0.05 -W 2 10.77.0.2
}

state_is() { [ "$(get "/v1/switches/lab/ports/$1" | jq -r .status.operState)" = "$2" ]; }

interface_comes_back() {
    remove_host "$id-3" port3 "$id"
    wait_until 5 state_is port3 absent || { get /v1/switches/lab/ports/port3 && return 1; }
    on 1 ping -q -c 3 -i 0.05 -W 2 10.77.0.2
    add_host "$id-3" port3 02:00:00:00:00:03 10.77.0.3/24 "$id"
    wait_until 5 state_is port3 up
    on 1 ping -q -c 3 -i 0.05 -W 2 10.77.0.3
    ip -n "$id" link set port3 down
    wait_until 5 state_is port3 down
    ip -n "$id" link set port3 up
    wait_until 5 state_is port3 up
    wait_until 5 on 1 ping -q -c 1 -W 1 10.77.0.3
}

command_line() {
    local status=0 mac='{"mac": "02:00:00:00:00:aa"}'
    export SWALE_URL=unix:$work/run/swale.sock PATH=$work/root/usr/bin:$PATH
    swale switch list | grep 'lab .*bridge'
    [ "$(swale port list lab | grep -c '  up ')" = 3 ]
    expect "ports" "$(on_switch swale stats --json --url "$base" | jq '.switches[0].ports | length')" 3
    swale program put other build/examples/learning_bridge.o --set ageing_seconds=60 --max-entries fdb=8192
    swale map list | grep -E 'other.fdb +hash +6 +16 +0 +8192'
    swale map update other.fdb "$mac" '{"port": 9, "last_seen_ns": 0}'
    expect "value" "$(swale map lookup other.fdb "$mac" --json | jq .value.port)" 9
    expect "bytes" "$(swale map lookup other.fdb 0x0200000000aa --hex)" 0x00000000000000000900000000000000
    swale map remove other.fdb 0x0200000000aa --hex
    expect "entries left" "$(swale map dump other.fdb --json | jq '.items | length')" 0
    swale program delete other
    swale program delete bridge || status=$?
    expect "status of deleting what is in use" $status 1
}

captures_are() { [ "$(get /v1/captures | jq '.items | length')" = "$1" ]; }
has_packets() { [ "$(tcpdump -n -r "$1" 2>/dev/null | wc -l)" -gt 0 ]; }

# However it ends, what the command wrote is a whole file, and nothing is left of it in the service.
capture_command() {
    export SWALE_URL=unix:$work/run/swale.sock PATH=$work/root/usr/bin:$PATH
    ip netns exec "$id-1" ping -q -i 0.05 10.77.0.2 >/dev/null &
    local traffic=$! command signal status
    swale capture lab --filter icmp --packets 6 --write "$work/limit.pcapng"
    expect "packets" "$(tcpdump -n -r "$work/limit.pcapng" | wc -l)" 6
    captures_are 0
    swale capture lab --port port1 --direction in | tcpdump -n -c 3 -r - | grep 'ICMP echo request'
    swale capture lab | head -c 100 >/dev/null
    captures_are 0
    for signal in INT TERM; do
        swale capture lab --write "$work/$signal.pcapng" &
        command=$!
        wait_until 5 has_packets "$work/$signal.pcapng"
        kill -$signal $command
        wait $command
        tcpdump -n -r "$work/$signal.pcapng" >/dev/null
        captures_are 0
    done
    swale capture lab --write "$work/killed.pcapng" &
    command=$!
    wait_until 5 has_packets "$work/killed.pcapng"
    kill -KILL $command
    wait $command || true
    expect "seconds that it is left" "$(get /v1/captures | jq '.items[0].spec.lingerSeconds')" 10
    wait_until 15 captures_are 0
    swale capture nowhere --write "$work/none.pcapng" || status=$?
    expect "status where there is no such switch" "$status" 1
    kill $traffic
    wait $traffic || true
}

page() { on_switch scripts/page-test.py "$base/" lab port1 port2 port3 bridge; }

ticks() { awk '{ print $14 + $15 }' "/proc/$service/stat"; }

idle() {
    local before
    before=$(ticks)
    sleep 4
    local used=$(($(ticks) - before))
    echo "$used ticks of 10 ms in 4 s"
    [ $used -le 4 ]
}

make_network
start_service
mkdir "$work/files"
head -c 64M /dev/urandom >"$work/files/random"
make_switch

check "every host reaches every other" pings
check "frames: untagged, byte for byte" untagged
check "frames: tagged, byte for byte" tagged
check "frames: double-tagged, byte for byte" double_tagged
check "TCP with the hosts' offloads on" transfer
check "the MAC table, read with curl" mac_table
check "the ledger agrees with the hosts' counters" ledger
check "program replaced under traffic" replace_under_traffic
check "a refused upload names the C line" refused_upload
check "TCP without offloads" tcp_without_offloads
check "TCP to an egress without offloads" tcp_to_egress_without_offloads
check "interface removed and brought back" interface_comes_back
check "command line over TCP and the unix socket" command_line
check "swale capture, however it ends" capture_command
check "the page, in a browser, without a console message" page
check "an idle switch sleeps" idle

SWALE_URL=unix:$work/run/swale.sock "$work/root/usr/bin/swale" capture lab --write "$work/last.pcapng" 2>/dev/null &
capture=$!
SWALE_URL=unix:$work/run/swale.sock "$work/root/usr/bin/swale" events --types stats >"$work/stats" 2>"$work/events" &
events=$!
wait_until 5 captures_are 1
wait_until 5 test -s "$work/stats"
kill -TERM "$service"
status=0
wait "$service" || status=$?
service=
wait $capture && tcpdump -r "$work/last.pcapng" >/dev/null 2>&1 || status="$status, and breaks a capture off"
! wait $events && grep -q "ended the stream" "$work/events" || status="$status, and events end without a word"
[ ! -e "$work/run/swale.sock" ] || status="$status, the socket is left"
if [ "$status" = 0 ]; then
    ((++passed)) && echo "ok      SIGTERM ends it"
else
    ((++failed)) && echo "FAILED  SIGTERM ends it: status $status" && cat "$work/service.log"
fi

echo "$passed passed, $failed failed"
exit $((failed > 0))
