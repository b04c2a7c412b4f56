#!/usr/bin/env bash
# `make test`: every check, with the time that each part took.
#
# Two lanes run at once: tests of modules, and tests of the service. Networks wait, and builds keep only one core busy for
# long stretches, where the other lane has something to do. What a part prints is shown when it ends.
set -euo pipefail
cd "$(dirname "$0")/.."

logs=build/test
rm -rf $logs
mkdir -p $logs
touch $logs/table $logs/reasons

# part NAME COMMAND...: runs a part and notes its outcome.
part() {
    local name=$1 start=$SECONDS outcome=passed
    local log="$logs/${name// /-}.log"
    shift
    echo "-- $name begins: $*"
    "$@" >"$log" 2>&1 </dev/null || outcome=FAILED
    (
        flock 9
        printf '\n== %s\n' "$name"
        cat "$log"
        printf '%-24s %-7s %5d s\n' "$name" $outcome $((SECONDS - start)) | tee -a $logs/table
        [ $outcome = passed ] || reason "$name" "$log" >>$logs/reasons
    ) 9>$logs/lock
    [ $outcome = passed ]
}

# reason NAME LOG: the lines that tell why a part failed, or its last ones. Shown at the end, where they are found.
reason() {
    local lines
    lines=$(grep -aE '^✘ Test .*recorded an issue|error:|Fatal error|unexpected signal|Sanitizer: ' "$2" | tail -8 | cut -c-600) || true
    printf '%s failed, %s:\n%s\n\n' "$1" "$2" "${lines:-$(tail -8 "$2")}"
}

finish() {
    local failed
    failed=$(grep -c FAILED $logs/table) || true
    printf '\n'
    cat $logs/reasons $logs/table
    printf '%-24s %-7s %5d s\n\n%d passed, %d failed\n' total "" $SECONDS $(($(wc -l <$logs/table) - failed)) "$failed"
    [ $died = 0 ] || printf '%d lanes ended early: parts are missing\n' $died
    exit $((failed + died > 0))
}

modules() {
    # A folder of its own: builds in one wait for each other.
    part "debug build" scripts/build-tests.sh --scratch-path .build/test || return 0
    # A test that hangs is killed, and fails the run, long before CI would give up on all of it. The sanitizers run those
    # of maps.
    part "unit tests" timeout -k 10 900 swift test --skip-build --scratch-path .build/test --skip '^MapsTests\.' || true
    part "thread sanitizer" scripts/sanitize.sh thread || true
}

service() {
    part "release build" make --no-print-directory build || return 0
    part "real programs" scripts/verify-matrix.sh || true
    part "end to end" scripts/end-to-end.sh || true
    part "networks" make --no-print-directory networks || true
    part "contract" scripts/contract-test.sh || true
    part "address sanitizer" scripts/sanitize.sh address || true
}

# Everything that a process started, and what that started. Groups would not do: some of it makes its own.
descendants() {
    local child
    for child in $(pgrep -P "$1"); do
        echo "$child"
        descendants "$child"
    done
}

lanes=()
died=0
stop_lanes() {
    trap - EXIT INT TERM HUP
    local lane
    for lane in "${lanes[@]}"; do kill "$lane" $(descendants "$lane") 2>/dev/null || true; done
    wait
}
trap stop_lanes EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

part "install" scripts/install.sh test || finish
part "lint" make --no-print-directory lint || finish
part "programs" make --no-print-directory -j2 examples programs || finish
for lane in modules service; do
    $lane &
    lanes+=($!)
done
for lane in "${lanes[@]}"; do wait "$lane" || died=$((died + 1)); done
lanes=()
finish
