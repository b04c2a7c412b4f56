# What the networks of this folder share: the service in a network namespace, hosts in namespaces of their own, and
# commands that are shown as a person would type them. Everything is gone when the script ends.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. scripts/network.sh
need_root "this network"

swale=${SWALE:-.build/release/swale}
[ -x "$swale" ] || die "$swale is not built; run: make build"
make --no-print-directory examples

lab=swale-lab-$$
lab_hosts=()
service=

lab_cleanup() {
    trap - EXIT INT TERM HUP
    set +e
    [ -z "$service" ] || stop "$service"
    for host in "${lab_hosts[@]}"; do remove_host "$lab-$host" "$host" "$lab"; done
    ip netns pids "$lab" 2>/dev/null | xargs -r kill 2>/dev/null
    ip netns del "$lab" 2>/dev/null
}
trap lab_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

heading() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# start_lab: the service, in a namespace of its own.
start_lab() {
    ip netns add "$lab"
    ip -n "$lab" link set lo up
    ip netns exec "$lab" "$swale" serve --listen 127.0.0.1:8080 --log-level error &
    service=$!
    wait_until 10 in_lab curl --silent --fail http://127.0.0.1:8080/readyz || die "the service does not start"
}

in_lab() { ip netns exec "$lab" "$@"; }

# host NAME MAC ADDRESS/LEN: a namespace on a port of that name.
host() {
    lab_hosts+=("$1")
    add_host "$lab-$1" "$1" "$2" "$3" "$lab"
    echo "host $1: $3, $2"
}

# on HOST COMMAND...
on() { ip netns exec "$lab-$1" "${@:2}"; }

# run COMMAND...: shows it and runs it where the service is; `swale` is the one that was built.
run() {
    local words="" word
    for word in "$@"; do
        [[ $word == *[\ \"{\[]* ]] && words+=" '$word'" || words+=" $word"
    done
    printf '$%s\n' "$words"
    if [ "$1" = swale ]; then in_lab "$swale" "${@:2}"; else in_lab "$@"; fi
}

# counter MAP KEY: a value, summed over the workers.
counter() { in_lab "$swale" map lookup --json --sum "$1" "$2" | jq -r .value; }

# says WHAT WANTED COMMAND...: what the command printed, which must be as wanted.
says() {
    local got
    got=$("${@:3}") || true
    [ "$got" = "$2" ] || { echo "$1: got '$got', expected '$2'" >&2 && exit 1; }
    echo "$1: $got"
}

# works WHAT COMMAND... and fails WHAT COMMAND...
works() {
    "${@:2}" >/dev/null 2>&1 || { echo "$1: it does not" >&2 && exit 1; }
    echo "$1: yes"
}
fails() {
    ! "${@:2}" >/dev/null 2>&1 || { echo "$1: it does" >&2 && exit 1; }
    echo "$1: no"
}
