#!/usr/bin/env bash
# `make test`: every check, with the time that each part took.
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0 table="" reasons=""
logs=build/test
mkdir -p $logs

# part NAME COMMAND...: runs a part and notes its outcome; a failed one does not end the run.
part() {
    local name=$1 start=$SECONDS outcome=passed
    local log="$logs/${name// /-}.log"
    shift
    printf '\n== %s: %s\n' "$name" "$*"
    if "$@" 2>&1 | tee "$log"; then
        ((++passed))
    else
        outcome=FAILED && ((++failed))
        reasons+=$(reason "$name" "$log")$'\n\n'
    fi
    table+=$(printf '%-24s %-7s %5d s' "$name" "$outcome" $((SECONDS - start)))$'\n'
}

# reason NAME LOG: the lines that tell why a part failed, or its last ones. Shown at the end, where they are found.
reason() {
    local lines
    lines=$(grep -aE '^✘ Test .*recorded an issue|error:|Fatal error|unexpected signal|Sanitizer: ' "$2" | tail -8 | cut -c-600)
    printf '%s failed, %s:\n%s' "$1" "$2" "${lines:-$(tail -8 "$2")}"
}

finish() {
    printf '\n%s%s%-24s %-7s %5d s\n\n%d passed, %d failed\n' "$reasons" "$table" total "" $SECONDS $passed $failed
    exit $((failed > 0))
}

# must NAME COMMAND...: a part without which the rest says nothing.
must() {
    local before=$failed
    part "$@"
    [ "$failed" = "$before" ] || finish
}

must "install" scripts/install.sh test
part "lint" make --no-print-directory lint
must "examples" make --no-print-directory examples
must "programs" make --no-print-directory -j2 programs
must "debug build" swift build --build-tests
# A test that hangs is killed, and fails the run, long before CI would give up on all of it.
part "unit tests" timeout -k 10 900 swift test --skip-build
part "thread sanitizer" scripts/sanitize.sh thread
part "address sanitizer" scripts/sanitize.sh address
must "release build" make --no-print-directory build
part "real programs" scripts/verify-matrix.sh
part "end to end" scripts/end-to-end.sh
part "networks" make --no-print-directory networks
part "contract" scripts/contract-test.sh
finish
