#!/bin/sh
# Makes the virtual environment, or brings it up to date: sh compose/venv.sh FOLDER
# The newest Python from 3.11 on is taken; on Debian, root gets one installed where there is none.
set -eu
venv=$1

say() { printf 'venv     %s\n' "$*"; }

fail() {
    printf 'venv     %s\n' "$*" >&2
    exit 1
}

# Whether a name is a Python that is new enough and can make environments. It has to be run: a name
# on the PATH may be a shim for a version that isn't there, and Debian's has ensurepip taken out.
is_usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 /usr/bin/python3; do
        if is_usable "$name"; then
            echo "$name"
            return
        fi
    done
}

install_python() {
    [ -x /usr/bin/apt-get ] || fail "no Python from 3.11 on with the module venv: install one"
    [ "$(id -u)" = 0 ] || fail "no Python from 3.11 on with the module venv: apt-get install python3-venv"
    say "installing python3-venv from Debian"
    export DEBIAN_FRONTEND=noninteractive
    apt_install >/dev/null 2>&1 || { apt-get update >/dev/null && apt_install >/dev/null; }
}

apt_install() {
    apt-get install --yes --no-install-recommends --option=DPkg::Lock::Timeout=120 python3-venv
}

if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    python=$(find_python)
    if [ -z "$python" ]; then
        install_python
        python=$(find_python)
        [ -n "$python" ] || fail "Debian's python3 is older than 3.11: this needs Debian 12 or newer"
    fi
    say "$("$python" --version) in $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi

say "installing the packages of constraints.txt"
PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
export PIP_DISABLE_PIP_VERSION_CHECK PIP_ROOT_USER_ACTION
"$venv/bin/python" -m pip install --quiet --quiet --require-hashes --requirement constraints.txt
"$venv/bin/python" -m pip install --quiet --quiet --no-deps --no-build-isolation --editable .
