# Functions that demo.sh, end-to-end.sh and bench.sh share: hosts in network namespaces, and the service.
# shellcheck shell=bash

die() {
    echo "swale: $*" >&2
    exit 2
}

need_root() {
    [ "$(id -u)" = 0 ] || die "$1 makes network namespaces, which needs root: run it as root"
}

# add_host NAMESPACE INTERFACE MAC ADDRESS/LEN [SWITCH-NAMESPACE]: a namespace whose eth0 is a veth; INTERFACE is the
# switch's end, which carries frames and takes no part itself.
add_host() {
    local at=(${5:+-n "$5"})
    ip netns add "$1"
    ip "${at[@]}" link add "$2" type veth peer name eth0 address "$3" netns "$1"
    ip "${at[@]}" link set "$2" addrgenmode none up
    ip -n "$1" link set lo up
    ip -n "$1" link set eth0 up
    ip -n "$1" addr add "$4" dev eth0
}

# remove_host NAMESPACE INTERFACE [SWITCH-NAMESPACE]: with the processes in it; quiet where there is nothing.
remove_host() {
    ip netns pids "$1" 2>/dev/null | xargs -r kill 2>/dev/null || true
    ip ${3:+-n "$3"} link del "$2" 2>/dev/null || true
    ip netns del "$1" 2>/dev/null || true
}

# wait_until SECONDS COMMAND...: whether COMMAND succeeded in time.
wait_until() {
    local tries=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        ((tries--)) || return 1
        sleep 0.05
    done
}

# stop PID: ends a process that this script started, and waits for it.
stop() {
    kill "$1" 2>/dev/null || return 0
    wait "$1" 2>/dev/null || true
}

# iperf NAMESPACE SERVER-NAMESPACE ADDRESS SECONDS: TCP with iperf3, its report as JSON.
iperf() {
    ip netns exec "$2" iperf3 --server --one-off >/dev/null &
    local server=$!
    wait_until 5 sh -c "ip netns exec $2 ss -Hltn sport = 5201 | grep -q ." || die "iperf3 does not listen"
    ip netns exec "$1" iperf3 --client "$3" --time "$4" --json
    wait "$server" || true
}

# gigabits NAMESPACE SERVER-NAMESPACE ADDRESS SECONDS: TCP, in Gbit/s.
gigabits() { iperf "$@" | jq '.end.sum_received.bits_per_second / 1e9 * 100 | round / 100'; }
