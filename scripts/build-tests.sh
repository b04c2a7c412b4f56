#!/usr/bin/env bash
# A debug build of the tests, for one run of all of them: `build-tests.sh OPTION...`, of `swift build`. Whole modules at once
# take the compiler a sixth less time than file by file, and of debugging information lines are enough.
set -euo pipefail
cd "$(dirname "$0")/.."

exec swift build --build-tests "$@" -Xswiftc -gline-tables-only -Xswiftc -wmo -Xswiftc -num-threads -Xswiftc 2
