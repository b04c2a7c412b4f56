#!/usr/bin/env bash
# Tests of maps and engine under ThreadSanitizer and AddressSanitizer: `sanitize.sh thread address`.
set -euo pipefail
cd "$(dirname "$0")/.."

export SWALE_TARGETS=CLinux,ISA,Object,Maps,Verifier,Engine,MapsTests,EngineTests,TestSupport,MutexAnnotations,KernelRun
export TSAN_OPTIONS="halt_on_error=1 exitcode=66"
# The runtime of Swift keeps what it allocates for types.
export ASAN_OPTIONS="detect_leaks=0"
for sanitizer in "$@"; do
    # What takes long and is about neither memory nor threads.
    skipped='Conformance'
    # One thread, and many steps.
    [ "$sanitizer" != thread ] || skipped+='|CollisionTests|FunctionTests|LPMTests|LRUTests|HashTests|KernelComparisonTests'
    options=(--sanitize "$sanitizer" --scratch-path ".build/$sanitizer")
    scripts/build-tests.sh "${options[@]}"
    timeout -k 10 600 swift test --skip-build "${options[@]}" --filter '^(MapsTests|EngineTests)\.' --skip "$skipped"
done
