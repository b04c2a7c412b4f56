#!/usr/bin/env bash
# `swale verify` of real programs: those of build/xdp (`make programs`), of which refused.txt says what is refused, and
# those that Debian ships. A line for each program, with the processor and level of optimisation that took longest.
set -euo pipefail
cd "$(dirname "$0")/.."

swale=${SWALE:-.build/release/swale}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# verify OBJECT: a line for each of its programs: name, processor, level, verdict, instructions explored, microseconds.
verify() {
    local name=${1##*/} variant="as shipped" status=0
    name=${name%.o}
    case $1 in build/xdp/*) variant=${name#*-} variant=${variant/-/ } ;; esac
    "$swale" verify "$1" --assume-offered --format json >"$work/$name.json" 2>"$work/$name.log" || status=$?
    if [ $status -gt 1 ]; then
        echo "FAILED $1: $(<"$work/$name.log")"
        return
    fi
    jq -r --arg variant "$variant" '.programs[]
        | [.function, $variant, (if .accepted then "accepted" else .rejection.category end),
            .statistics.instructionsExplored, .statistics.microseconds] | join(" ")' "$work/$name.json"
}
export -f verify
export swale work

# xdpdump_bpf.o looks into the kernel, and is no XDP program.
objects() {
    printf '%s\n' build/xdp/*.o
    find /usr/lib/*/bpf -name '*xdp*.o' ! -name xdpdump_bpf.o 2>/dev/null || true
}

start=$(date +%s%N)
objects | xargs -P 2 -I {} bash -c 'verify {}' >"$work/verdicts"
elapsed=$((($(date +%s%N) - start) / 1000000))

awk -v elapsed="$elapsed" '
    function holds(list, item) { return list == "*" || index("," list ",", "," item ",") }
    FILENAME ~ /refused.txt$/ {
        # A fourth word says who alone refuses.
        if ($0 !~ /^#/ && NF >= 3 && $4 != "linux") { processors[$1] = $2; levels[$1] = $3 }
        next
    }
    $1 == "FAILED" { print; ++wrong; next }
    {
        ++verdicts
        refused = $1 in processors && holds(processors[$1], $2) && holds(levels[$1], $3)
        if (refused != ($4 != "accepted")) {
            ++wrong
            printf "FAILED %s %s %s: %s, to be %s\n", $1, $2, $3, $4, refused ? "refused" : "accepted"
        }
        if (!($1 in variants)) order[++programs] = $1
        ++variants[$1]
        if ($4 == "accepted") ++accepted[$1]
        if ($6 >= time[$1]) { time[$1] = $6; explored[$1] = $5; worst[$1] = $2 " " $3 }
    }
    END {
        printf "%-26s %-9s %-12s %8s %8s\n", "program", "accepted", "longest", "explored", "ms"
        for (i = 1; i <= programs; ++i) {
            name = order[i]
            printf "%-26s %2d of %-3d %-12s %8d %8.1f\n", name, accepted[name], variants[name], worst[name],
                explored[name], time[name] / 1000
        }
        printf "%d programs, %d verdicts, %d of them wrong, %.1f s\n", programs, verdicts, wrong, elapsed / 1000
        exit (wrong > 0 || verdicts == 0)
    }' Tests/Fixtures/xdp/refused.txt <(sort "$work/verdicts")
