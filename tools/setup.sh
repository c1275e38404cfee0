#!/bin/sh
# Makes the virtual environment, installs the project into it and compiles the C library.
#   sh tools/setup.sh VENV        PYTHON3=/usr/bin/python3.12 sh tools/setup.sh VENV
# An environment that is there is kept, but for one of another version than PYTHON3 asks for.
# Needs python3 >= 3.11 with venv and its C headers, and gcc. As root on Debian or Ubuntu it
# installs what of them is missing; elsewhere it says what to install.
set -eu
venv=$1
python=${PYTHON3:-python3}

say() { printf '==> %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# install_packages WHY PACKAGE...
install_packages() {
    why=$1
    shift
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "$why: install it first, on Debian: apt-get install $*"
    fi
    say "$why: installing $*"
    apt-get update -qq </dev/null >/dev/null || say "the package lists are as old as they were"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" </dev/null >/dev/null ||
        fail "apt-get install $* failed"
}

command -v "$python" >/dev/null || install_packages "$python is missing" python3 python3-dev python3-venv
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is $version: 3.11 or later is needed (PYTHON3=/path/to/python3 chooses another)"

missing=
command -v gcc >/dev/null || missing="$missing gcc libc6-dev"
[ -f "$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ] ||
    missing="$missing python$version-dev"
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python$version-venv"
# shellcheck disable=SC2086 # one word per package
[ -z "$missing" ] || install_packages "compiling needs more than is here" $missing

# Makes it anew: of a Python that is gone, half of one, or of another version than was asked for.
usable() {
    "$venv/bin/python" -c 'import pip' 2>/dev/null || return 1
    [ -z "${PYTHON3:-}" ] || [ "$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" = "$version" ]
}
if ! usable; then
    if [ -e "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ]; then
        fail "$venv is there and is no virtual environment"
    fi
    say "making the virtual environment in $venv (Python $version)"
    "$python" -m venv --clear "$venv" </dev/null || fail "$python -m venv $venv failed"
fi
say "installing dependencies and compiling the C library"
# One library and no other: Python would load an older one of another name before the new one.
rm -f pinnacle/core/_native*.so pinnacle/core/_native.c pinnacle/core/_native.o
pip() { "$venv/bin/python" -m pip install -qq --no-input --disable-pip-version-check "$@" </dev/null; }
pip 'setuptools>=77' 'cffi>=2.0'
pip --no-build-isolation -e '.[dev]'
say "ready"
