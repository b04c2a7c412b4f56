#!/usr/bin/env bash
# `make bench`: TCP, ping and small frames between two hosts, through Swale and through the Linux bridge, in turns.
# Prints medians and ratios; asserts nothing. ARGS="--rounds 5 --seconds 3"
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/network.sh
need_root "the benchmark"

rounds=5 seconds=3
while [ $# -gt 0 ]; do
    case $1 in
    --rounds) rounds=${2:?--rounds needs a number} ;;
    --seconds) seconds=${2:?--seconds needs a number} ;;
    *) die "usage: bench.sh [--rounds N] [--seconds N]" ;;
    esac
    shift 2
done
scripts/install.sh bench

id=swale-bench-$$
work=$(mktemp -d /tmp/$id.XXXXXX)
service=

cleanup() {
    trap - EXIT INT TERM HUP
    set +e
    [ -z "$service" ] || stop "$service"
    for switch in swale bridge; do
        for h in 1 2; do remove_host "$id-$switch-$h" "port$h" "$id-$switch"; done
        ip netns del "$id-$switch" 2>/dev/null
    done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

for switch in swale bridge; do
    ip netns add "$id-$switch"
    ip -n "$id-$switch" link set lo up
    for h in 1 2; do
        add_host "$id-$switch-$h" "port$h" "02:00:00:00:00:0$h" "10.77.0.$h/24" "$id-$switch"
        ip netns exec "$id-$switch-$h" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    done
done

ip -n "$id-bridge" link add br0 type bridge
ip -n "$id-bridge" link set br0 up
for h in 1 2; do ip -n "$id-bridge" link set "port$h" master br0; done

swale() { ip netns exec "$id-swale" .build/release/swale "$@" >/dev/null; }
ip netns exec "$id-swale" .build/release/swale serve --log-level warning &
service=$!
wait_until 10 swale stats || die "the service does not start"
swale switch put lab
for h in 1 2; do swale port put lab "port$h"; done
swale program put bridge build/examples/learning_bridge.o
swale switch attach lab bridge

in_host() { ip netns exec "$id-$1-$2" "${@:3}"; }

# Average round trip, us.
round_trip() {
    in_host "$1" 1 ping -q -c 200 -i 0.005 10.77.0.2 | sed -n 's/^rtt.*= [^/]*\/\([^/]*\).*/\1/p' | jq '. * 1000 | round'
}

# Frames of 64 bytes (60 without the FCS) that host 2 receives, in thousands a second.
small_frames() {
    local counter=/sys/class/net/eth0/statistics/rx_packets before after
    echo '{ eth(da=02:00:00:00:00:02, sa=02:00:00:00:00:01, type=0x88b5), fill(0, 46) }' >"$work/frames"
    ip netns exec "$id-$1-1" timeout $((seconds + 2)) trafgen --dev eth0 --conf "$work/frames" --cpus 1 >/dev/null 2>&1 &
    local generator=$!
    sleep 1
    before=$(in_host "$1" 2 cat $counter)
    sleep "$seconds"
    after=$(in_host "$1" 2 cat $counter)
    kill "$generator" 2>/dev/null || true
    wait "$generator" 2>/dev/null || true
    echo $(((after - before) / seconds / 1000))
}

tcp() {
    iperf "$id-$1-1" "$id-$1-2" 10.77.0.2 "$seconds" >"$work/iperf"
    jq '.end.sum_sent.retransmits' "$work/iperf" >>"$work/resent.$1"
    jq '.end.sum_received.bits_per_second / 1e9 * 100 | round / 100' "$work/iperf"
}

for switch in swale bridge; do in_host $switch 1 ping -q -c 2 -i 0.2 10.77.0.2 >/dev/null; done
for round in $(seq "$rounds"); do
    for switch in swale bridge; do
        for measure in tcp round_trip small_frames; do
            value=$($measure $switch)
            echo "$value" >>"$work/$measure.$switch"
            printf 'round %d  %-7s %-13s %s\n' "$round" $switch $measure "$value"
        done
    done
done

median() { sort -n "$work/$1.$2" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
row() { # row MEASURE TEXT
    local swale bridge
    swale=$(median "$1" swale) bridge=$(median "$1" bridge)
    printf '%-28s %10s %14s %8s\n' "$2" "$swale" "$bridge" "$(jq -nr --argjson a "$swale" --argjson b "$bridge" 'if $b == 0 then "-" else $a / $b * 100 | round / 100 end')"
}
printf '\n%-28s %10s %14s %8s\n' "median of $rounds" Swale "Linux bridge" ratio
row tcp "TCP, Gbit/s"
row resent "TCP segments sent again"
row round_trip "ping, us"
row small_frames "64-byte frames, 1000/s"
