#!/bin/sh
# Holds the C sources: the dialect of .clang-format, no warning (conversions too), nothing that gcc's analyser
# finds. The same optimisation as the build, because warnings depend on it.
#   sh tools/check_c.sh VENV
set -eu
cd "$(dirname "$0")/.."
find csrc tests fuzz bench \( -name '*.[ch]' -o -name '*.cc' \) ! -path 'bench/out/*' -exec \
    "$1/bin/clang-format" --dry-run -Werror {} +

warnings='-Wall -Wextra -Wshadow -Wconversion -Wno-unused-parameter -Werror'
flags='-std=gnu11 -O3 -pthread -Icsrc'
[ "$(uname -m)" != x86_64 ] || flags="$flags -march=x86-64-v2"
jobs=$(nproc 2>/dev/null || echo 1)
find csrc -name '*.c' | sort | xargs -n 1 -P "$jobs" ${CC:-gcc} $flags $warnings -o /dev/null -c
# clang has no such analyser.
${CC:-gcc} -fanalyzer -fsyntax-only -x c /dev/null 2>/dev/null || exit 0
find csrc -name '*.c' | sort | xargs -n 1 -P "$jobs" ${CC:-gcc} $flags -fanalyzer -Werror -o /dev/null -c
