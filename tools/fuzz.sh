#!/bin/sh
# Fuzzes the C library with libFuzzer, each target for so many seconds, beginning with the kept seeds.
# What is found stays in build/fuzz/TARGET-*; what reaches new code in build/fuzz/corpus/TARGET.
#   sh tools/fuzz.sh [SECONDS] [TARGET...]       targets: the names of fuzz/*.c
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
targets='journal shared parsers match l3book'
# shellcheck disable=SC2086 # one word per target
[ $# -gt 0 ] || set -- $targets
for target; do
    case " $targets " in
    *" $target "*) ;;
    *) echo "fuzz: no target '$target'; there are: $targets" >&2; exit 2 ;;
    esac
done
sh tools/test_tools.sh fuzz
command -v clang >/dev/null || { echo 'fuzz: clang is missing: apt-get install clang libclang-rt-14-dev' >&2; exit 1; }

flags='-std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all'
[ "$(uname -m)" != x86_64 ] || flags="$flags -march=x86-64-v2"
folder=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo /tmp)/pinnacle-fuzz-XXXXXX")
trap 'rm -rf "$folder"' EXIT INT TERM
status=0
for target; do
    mkdir -p "build/fuzz/corpus/$target"
    # shellcheck disable=SC2086 # one word per flag
    clang $flags -Icsrc -Ifuzz -o "build/fuzz/$target" "fuzz/$target.c" csrc/*/*.c -lm
    echo "==> $target: $seconds s"
    FUZZ_FOLDER=$folder "build/fuzz/$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/$target-" \
        "build/fuzz/corpus/$target" "fuzz/seeds/$target" || status=1
done
exit "$status"
