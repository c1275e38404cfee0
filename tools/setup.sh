#!/bin/sh
# Makes the virtual environment, installs the project into it and compiles the C library.
# Needs: python3 >= 3.11 with venv and its C headers, gcc. Installs the headers itself where it may.
set -eu
venv=$1

say() { printf '==> %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

command -v gcc >/dev/null || fail "gcc is missing: apt-get install gcc"
python=${PYTHON3:-python3}
command -v "$python" >/dev/null || fail "python3 is missing: apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "python3 is older than 3.11"

header=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
if [ ! -f "$header" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing the Python C headers (python3-dev)"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-dev >/dev/null
    else
        fail "the Python C headers are missing ($header): apt-get install python3-dev"
    fi
fi

if [ ! -x "$venv/bin/python" ]; then
    say "making the virtual environment in $venv"
    "$python" -m venv "$venv" || fail "python3 -m venv failed: apt-get install python3-venv"
fi
say "installing dependencies and compiling the C library"
"$venv/bin/python" -m pip install -qq --disable-pip-version-check 'setuptools>=77' 'cffi>=2.0'
"$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-build-isolation -e '.[dev]'
say "ready"
