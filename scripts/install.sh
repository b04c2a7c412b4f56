#!/usr/bin/env bash
# Installs the Debian packages that are missing for a purpose: build, run, bench or test.
# `install.sh clang PATH` checks that a clang can compile for BPF.
set -euo pipefail

build=(pkg-config libssl-dev libpcap-dev libbpf-dev linux-libc-dev)
run=("${build[@]}" iproute2 ethtool iperf3 iputils-ping curl jq)
# Benchmarks/ links libbpf, which needs the last two.
bench=("${run[@]}" netsniff-ng libelf-dev zlib1g-dev)
# Debian's XDP programs come with libxdp1 and xdp-tools; native code for arm64 runs by the last three.
test=("${run[@]}" tcpdump tshark chromium python3-venv libxdp1 xdp-tools gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)

die() {
    echo "swale: $*" >&2
    exit 2
}

case "${1:-}" in
build) wanted=("${build[@]}") ;;
run) wanted=("${run[@]}") ;;
bench) wanted=("${bench[@]}") ;;
test) wanted=("${test[@]}") ;;
clang)
    [[ $("$2" --print-targets 2>/dev/null) == *" bpf "* ]] ||
        die "$2 has no BPF target; name one that has: make CLANG=/path/to/clang"
    exit 0
    ;;
*) die "usage: install.sh build|run|bench|test" ;;
esac

command -v swift >/dev/null || die "no Swift toolchain; install Swift 6.3 or later from https://www.swift.org/install"
[ "$(uname -s)" = Linux ] || die "Linux is needed: ports are AF_PACKET sockets"

missing=()
for package in "${wanted[@]}"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *"ok installed"* ]] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || die "no apt-get here; install the equivalents of: ${missing[*]}"
[ "$(id -u)" = 0 ] || die "not root; first run: sudo apt-get install ${missing[*]}"
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null
