#!/bin/sh
# Installs the programs that tests and fuzzers use beyond the compiler: as root on Debian or Ubuntu, if
# they are missing. Elsewhere it says what is missing and ends well: the tests that need it fail and say so.
#   sh tools/test_tools.sh           what the tests use
#   sh tools/test_tools.sh long      what the long ones use too: a compiler for ARM64 and its emulator
#   sh tools/test_tools.sh fuzz      what `make fuzz` uses
set -eu

missing=
if [ "${1:-tests}" = fuzz ]; then
    # clang without its runtime library compiles a fuzzer and cannot link it.
    command -v clang >/dev/null && [ -n "$(find "$(clang -print-resource-dir)" -name 'libclang_rt.fuzzer-*.a')" ] ||
        missing="clang libclang-rt-14-dev"
else
    command -v spin >/dev/null || missing="spin"
    command -v mkfs.ext4 >/dev/null || [ -x /sbin/mkfs.ext4 ] || missing="$missing e2fsprogs"
    if [ "${1:-tests}" = long ]; then
        command -v aarch64-linux-gnu-gcc >/dev/null || missing="$missing gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
        command -v qemu-aarch64 >/dev/null || missing="$missing qemu-user"
    fi
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    printf 'test tools: missing, on Debian: apt-get install %s\n' "$missing" >&2
    exit 0
fi
printf '==> installing %s\n' "$missing"
apt-get update -qq </dev/null >/dev/null || printf '==> the package lists are as old as they were\n'
# shellcheck disable=SC2086 # one word per package
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null ||
    printf 'test tools: apt-get install %s failed\n' "$missing" >&2
